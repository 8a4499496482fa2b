//! Lists of tasks against the package's fixtures.

use serde_json::Value;

use super::super::*;
use super::{compared, content, has_only, only, text};

fn task(item: &Value) -> Option<Task> {
    let status = &item["status"];
    let plain = only(item, &["title", "href", "hint", "status"])
        && only(&item["title"], &["text", "html"])
        && has_only(item, "hint", "text")
        && only(status, &["text", "tag", "classes"])
        && (status["tag"].is_null() || only(&status["tag"], &["text", "classes"]));
    plain.then_some(())?;
    let leaked = |text: &str| &*Box::leak(text.to_owned().into_boxed_str());
    Some(Task {
        title: content(&item["title"])?,
        href: text(item, "href").to_owned(),
        hint: content(&item["hint"]),
        status: match status["text"].as_str() {
            Some(text) => Html::text(text),
            None => Task::tag(
                text(&status["tag"], "text"),
                text(&status["tag"], "classes"),
            ),
        },
        status_classes: leaked(text(status, "classes")),
    })
}

#[test]
fn task_lists_are_the_packages() {
    let names = compared("task-list", |options| {
        only(options, &["items", "classes", "idPrefix"]).then_some(())?;
        let items = options["items"].as_array()?.iter().map(task);
        let list = TaskList {
            id_prefix: options["idPrefix"].as_str().unwrap_or("task-list"),
            classes: text(options, "classes"),
            items: items.collect::<Option<_>>()?,
        };
        Some(list.to_string())
    });
    for name in [
        "default",
        "with hint text and additional states",
        "with all possible colours",
        "custom id prefix",
        "html passed as text",
    ] {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
}

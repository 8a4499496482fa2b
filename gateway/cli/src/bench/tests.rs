//! The form of what is measured; nothing is timed.

use super::*;

fn tiny() -> Setup {
    Setup {
        divisor: 100_000,
        database: None,
        large: false,
        smtp: None,
        mesh: None,
        gateway: beside_this_test(),
    }
}

/// The binary that is built with this test: two folders above it.
fn beside_this_test() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("gateway")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_measurement_gives_figures_of_its_name_with_what_a_figure_must_have() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    for name in NAMES {
        let figures = measure(name, &tiny()).await.unwrap();
        let json = serde_json::to_value(&figures).unwrap();
        let figures = json.as_array().unwrap();
        assert!(!figures.is_empty(), "{name}");
        for figure in figures {
            assert_eq!(figure["name"], name);
            assert!(!figure["case"].as_str().unwrap().is_empty());
            assert!(figure["figure"].is_number(), "{figure}");
            assert!(figure["peer_figure"].is_number(), "{figure}");
            for words in ["unit", "peer", "profile"] {
                assert!(figure[words].is_string(), "{figure}");
            }
            let some = ["median", "rate", "figure"];
            assert!(some.iter().any(|key| figure[key].is_number()));
            let (target, holds) = (figure.get("target"), figure.get("holds"));
            assert_eq!(
                target.is_some(),
                holds.is_some_and(serde_json::Value::is_boolean)
            );
        }
        let aims = figures.iter().filter(|f| f.get("target").is_some());
        assert!(aims.count() > 0, "{name}");
    }
}

#[tokio::test]
async fn a_measurement_that_is_not_known_is_wrong_usage_and_names_those_there_are() {
    let bench = Bench {
        name: Some("recrod".to_owned()),
        json: false,
        database: None,
        large: false,
        smtp: None,
        mesh: None,
    };
    let error = bench.run().await.unwrap_err();
    assert!(error.is::<crate::Usage>());
    for name in NAMES {
        assert!(error.to_string().contains(name), "{error}");
    }
}

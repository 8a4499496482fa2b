//! The JSON Schema of a form (2020-12), for those who send it from their own systems.

use serde_json::{Map, Value, json};

use crate::answer::{LINE, LINES, ROWS, TEXT};
use crate::definition::{Condition, Definition, Field, Kind, Required, Section};

impl Definition {
    /// The schema, to be served at `/schemas/{id}.json`, with an example that fits it. The
    /// person's identifiers are not required: they are filled in from the record.
    pub fn schema(&self) -> Value {
        let mut sections = Map::new();
        let mut required = Vec::new();
        for section in &self.sections {
            let mut needed = always(section);
            if section.when.is_some() {
                needed.clear();
            }
            if !needed.is_empty() {
                required.push(section.id.clone());
            }
            let mut shape = self.object(&section.fields, &needed);
            if let Some(shape) = shape.as_object_mut() {
                shape.insert("title".to_owned(), section.title.clone().into());
            }
            sections.insert(section.id.clone(), shape);
        }
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": format!("/schemas/{}.json", self.id),
            "title": self.title,
            "description": self.about,
            "type": "object",
            "properties": sections,
            "required": required,
            "additionalProperties": false,
            "examples": [self.example()],
        });
        let rules: Vec<Value> = self.sections.iter().flat_map(rules).collect();
        if let Some(schema) = schema.as_object_mut().filter(|_| !rules.is_empty()) {
            schema.insert("allOf".to_owned(), rules.into());
        }
        schema
    }

    fn object(&self, fields: &[Field], required: &[&str]) -> Value {
        let properties: Map<String, Value> = fields
            .iter()
            .map(|field| (field.id.clone(), self.property(field)))
            .collect();
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    }

    fn property(&self, field: &Field) -> Value {
        let codes = || -> Vec<&str> {
            let choices = self.choices(field).iter();
            choices.map(|(code, _)| code.as_str()).collect()
        };
        let mut shape = match field.kind {
            Kind::Line | Kind::Agency | Kind::Identifier => {
                json!({"type": "string", "minLength": 1, "maxLength": LINE})
            }
            Kind::Text => json!({"type": "string", "minLength": 1, "maxLength": TEXT}),
            Kind::Date => json!({"type": "string", "format": "date"}),
            Kind::Number => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
            Kind::Flag => json!({"type": "boolean"}),
            Kind::Code => json!({"enum": codes()}),
            Kind::Codes => {
                json!({"type": "array", "items": {"enum": codes()}, "uniqueItems": true})
            }
            Kind::Lines => {
                json!({"type": "array", "maxItems": LINES, "items": {"type": "string", "minLength": 1, "maxLength": LINE}})
            }
            Kind::Prison => json!({"type": "string", "pattern": "^[A-Z]{3}$"}),
            Kind::Rows => self.table(field),
        };
        if let Some(shape) = shape.as_object_mut() {
            shape.insert("title".to_owned(), field.label.clone().into());
            if let Some(hint) = &field.hint {
                shape.insert("description".to_owned(), hint.clone().into());
            }
        }
        shape
    }

    fn table(&self, field: &Field) -> Value {
        let columns = field.columns.iter();
        let columns = columns.filter(|column| column.required == Required::Always(true));
        let columns: Vec<&str> = columns.map(|column| column.id.as_str()).collect();
        let rows = json!({"type": "array", "minItems": 1, "maxItems": ROWS, "items": self.object(&field.columns, &columns)});
        let some = json!({"type": "object", "properties": {"none": {"const": false}, "rows": rows}, "required": ["rows"], "additionalProperties": false});
        if field.none.is_none() {
            return some;
        }
        let none = json!({"type": "object", "properties": {"none": {"const": true}, "rows": {"type": "array", "maxItems": 0}}, "required": ["none"], "additionalProperties": false});
        json!({"oneOf": [some, none]})
    }
}

/// The fields of a section that are always required of a sender.
fn always(section: &Section) -> Vec<&str> {
    let fields = section.fields.iter();
    let fields = fields.filter(|field| field.required == Required::Always(true));
    let fields = fields.filter(|field| !field.is_on_record());
    fields.map(|field| field.id.as_str()).collect()
}

/// What a section requires by other answers, of this section or of others.
fn rules(section: &Section) -> Vec<Value> {
    let mut rules = Vec::new();
    let when: Vec<&Condition> = section.when.iter().collect();
    let needed = always(section);
    if !when.is_empty() {
        let none = json!({"properties": {&section.id: {"maxProperties": 0}}});
        let mut asked = rule(&when, &need(section, &needed));
        asked["else"] = none;
        if needed.is_empty() {
            asked["then"] = json!(true);
        }
        rules.push(asked);
    }
    for field in &section.fields {
        if let (Required::When(condition), None) = (&field.required, field.of_record()) {
            let conditions: Vec<&Condition> = when.iter().copied().chain([condition]).collect();
            rules.push(rule(&conditions, &need(section, &[&field.id])));
        }
    }
    for set in &section.at_least_one {
        let of_record = |field: &Field| set.contains(&field.id) && field.of_record().is_some();
        if !section.fields.iter().any(of_record) {
            let any: Vec<Value> = set.iter().map(|id| need(section, &[id])).collect();
            rules.push(rule(&when, &json!({"anyOf": any})));
        }
    }
    rules
}

fn rule(conditions: &[&Condition], then: &Value) -> Value {
    if conditions.is_empty() {
        return then.clone();
    }
    let holds = |condition: &&Condition| {
        let (section, field) = condition.field.split_once('.').unwrap_or_default();
        let fields = json!({field: {"enum": condition.is}});
        let section_of = json!({section: {"properties": fields, "required": [field]}});
        json!({"properties": section_of, "required": [section]})
    };
    let all: Vec<Value> = conditions.iter().map(holds).collect();
    json!({"if": {"allOf": all}, "then": then})
}

fn need(section: &Section, fields: &[&str]) -> Value {
    let id = &section.id;
    json!({"properties": {id: {"required": fields}}, "required": [id]})
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::*;
    use crate::{Body, Library};

    /// The form's own check, but for what comes from the record.
    fn complete(form: &Definition, given: &Value) -> bool {
        let body = Body::read(form, given, Date::constant(2026, 3, 2)).unwrap();
        let missing = form.missing(&body);
        if !form.unasked(&body).is_empty() {
            return false;
        }
        let mut asked = missing.iter().filter(|fault| {
            let field = form.field(&fault.path);
            field.is_none_or(|(_, field)| !field.is_on_record())
        });
        asked.next().is_none()
    }

    /// The example; the example with each code of each list; and each of these without one field.
    fn variants(form: &Definition) -> Vec<Value> {
        let example = form.example();
        let mut all = vec![example.clone()];
        for section in &form.sections {
            for field in section.fields.iter().filter(|f| f.kind == Kind::Code) {
                for (code, _) in form.choices(field) {
                    let mut other = example.clone();
                    if other.get(&section.id).is_some() {
                        other[&section.id][&field.id] = json!(code);
                        all.push(other);
                    }
                }
            }
        }
        let mut less = Vec::new();
        for one in &all {
            for (section, fields) in one.as_object().unwrap() {
                for field in fields.as_object().unwrap().keys() {
                    let mut other = one.clone();
                    other[section].as_object_mut().unwrap().remove(field);
                    less.push(other);
                }
            }
        }
        all.extend(less);
        all
    }

    #[test]
    fn the_schema_of_every_form_asks_what_its_own_check_asks() {
        for form in Library::embedded().unwrap().forms() {
            let schema = jsonschema::validator_for(&form.schema()).unwrap();
            let example = form.example();
            assert!(complete(form, &example), "{}", form.id);
            let wrong: Vec<String> = schema
                .iter_errors(&example)
                .map(|error| error.to_string())
                .collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", form.id);
            let (mut right, mut gaps) = (0, 0);
            for given in variants(form) {
                let is_complete = complete(form, &given);
                right += usize::from(is_complete);
                gaps += usize::from(!is_complete);
                assert_eq!(schema.is_valid(&given), is_complete, "{}: {given}", form.id);
            }
            // A short form has few codes, and little that may be left out.
            assert!(right > 3 && gaps > 10, "{}: {right}, {gaps}", form.id);
        }
    }

    #[test]
    fn what_is_kept_of_every_form_fits_its_schema() {
        for form in Library::embedded().unwrap().forms() {
            let schema = jsonschema::validator_for(&form.schema()).unwrap();
            let body = Body::read(form, &form.example(), Date::constant(2026, 3, 2)).unwrap();
            let kept = serde_json::from_slice(&body.canonical().unwrap()).unwrap();
            assert!(schema.is_valid(&kept), "{}", form.id);
        }
    }
}

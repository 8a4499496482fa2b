//! The JSON Schema of a form (2020-12), for those who send it from their own systems.

use serde_json::{Map, Value, json};

use crate::answer::{LINE, LINES, ROWS, TEXT};
use crate::definition::{Definition, Field, Kind, Required};

impl Definition {
    /// The schema, to be served at `/schemas/{id}.json`. What is required only by another answer
    /// is not: the form's own check says so.
    pub fn schema(&self) -> Value {
        let mut sections = Map::new();
        let mut required = Vec::new();
        for section in &self.sections {
            let mut shape = self.object(&section.fields);
            if let Some(shape) = shape.as_object_mut() {
                shape.insert("title".to_owned(), section.title.clone().into());
            }
            if section.when.is_none() {
                required.push(section.id.clone());
            }
            sections.insert(section.id.clone(), shape);
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": format!("/schemas/{}.json", self.id),
            "title": self.title,
            "description": self.about,
            "type": "object",
            "properties": sections,
            "required": required,
            "additionalProperties": false,
        })
    }

    fn object(&self, fields: &[Field]) -> Value {
        let properties: Map<String, Value> = fields
            .iter()
            .map(|field| (field.id.clone(), self.property(field)))
            .collect();
        let always = |field: &&Field| field.required == Required::Always(true);
        let required: Vec<&str> = fields
            .iter()
            .filter(always)
            .map(|field| field.id.as_str())
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
            Kind::Number => json!({"type": "integer", "minimum": 0}),
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
        let rows = json!({"type": "array", "minItems": 1, "maxItems": ROWS, "items": self.object(&field.columns)});
        let some = json!({"type": "object", "properties": {"none": {"const": false}, "rows": rows}, "required": ["rows"], "additionalProperties": false});
        if field.none.is_none() {
            return some;
        }
        let none = json!({"type": "object", "properties": {"none": {"const": true}, "rows": {"type": "array", "maxItems": 0}}, "required": ["none"], "additionalProperties": false});
        json!({"oneOf": [some, none]})
    }
}

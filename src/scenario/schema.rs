//! The JSON Schema of scenario files, from the same tables of keys that files
//! are checked against: for completion and checks in editors.

use serde_json::{Map, Value, json};

use super::resolve;
use super::shape::{Keys, Kind};

const DURATION: &str = r"^[0-9]+(\.[0-9]+)? ?(us|ms|s|min|h|d)$";
const RATE: &str = r"^[0-9]+(\.[0-9]+)? ?/ ?(us|ms|s|min|h|d)$";

/// The schema, pretty-printed.
#[must_use]
pub fn json_schema() -> String {
    let mut schema = table(resolve::KEYS, None);
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        object.insert("title".into(), "kadsim scenario".into());
        object.insert("required".into(), json!(["duration"]));
    }
    format!("{schema:#}")
}

/// A table; with `tag`, one whose key of that name must hold that word.
fn table(keys: Keys, tag: Option<(&str, &str)>) -> Value {
    let mut properties = Map::new();
    for key in keys.iter().filter(|key| !matches!(key.kind, Kind::Unavailable(_))) {
        let mut property = match tag {
            Some((name, word)) if name == key.name => json!({ "const": word }),
            _ => value(&key.kind),
        };
        if let Some(object) = property.as_object_mut() {
            object.insert("description".into(), key.doc.into());
        }
        properties.insert(key.name.into(), property);
    }
    let mut object = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if let Some((name, _)) = tag {
        object["required"] = json!([name]);
    }
    object
}

fn value(kind: &Kind) -> Value {
    let duration = || json!({ "type": "string", "pattern": DURATION });
    let id = || json!({ "type": "string", "pattern": "^[0-9a-fA-F]+$" });
    match kind {
        Kind::Text | Kind::File => json!({ "type": "string" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int(min, i64::MAX) => json!({ "type": "integer", "minimum": min }),
        Kind::Int(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Number => json!({ "type": "number", "minimum": 0 }),
        Kind::Positive => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Kind::Duration | Kind::Interval => duration(),
        Kind::DurationOrZero => json!({ "anyOf": [duration(), { "const": 0 }] }),
        Kind::Instants => {
            json!({ "anyOf": [duration(), { "type": "array", "items": duration() }] })
        }
        Kind::Rate => json!({ "type": "string", "pattern": RATE }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::WordOr(words, keys) => json!({ "anyOf": [{ "enum": words }, table(keys, None)] }),
        Kind::Id => id(),
        Kind::Ids => json!({ "type": "array", "items": id() }),
        Kind::Contacts => json!({
            "type": "object",
            "additionalProperties": { "type": "array", "items": id() },
        }),
        Kind::Axes => json!({
            "type": "object",
            "additionalProperties": { "anyOf": [
                { "type": "array", "minItems": 1 },
                { "type": "object", "additionalProperties": true },
            ] },
        }),
        Kind::Values => json!({ "type": "object" }),
        Kind::Table(keys) => table(keys, None),
        Kind::Tables(keys) => json!({ "type": "array", "items": table(keys, None) }),
        Kind::Tagged(tag, variants) => {
            let tables: Vec<Value> =
                variants.iter().map(|(word, keys)| table(keys, Some((tag, word)))).collect();
            json!({ "oneOf": tables })
        }
        Kind::Unavailable(_) => json!(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_described() {
        let schema: Value = serde_json::from_str(&json_schema()).unwrap();
        let k = &schema["properties"]["protocol"]["properties"]["k"];
        assert_eq!(k["minimum"], 1);
        assert_eq!(k["maximum"], 255);
        assert_eq!(schema["properties"]["sweep"]["properties"]["repeats"]["minimum"], 1);
        let models = &schema["properties"]["network"]["properties"]["latency"]["oneOf"];
        assert_eq!(models.as_array().unwrap().len(), 5);
        assert_eq!(models[0]["properties"]["model"]["const"], "constant");
    }
}

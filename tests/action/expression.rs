//! Expressions of a workflow, as far as action.yml uses them.

use serde_json::Value;

/// `text` with every `${{ … }}` replaced by what it comes to.
pub(super) fn interpolate(text: &str, context: &Value) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").expect("an expression that begins ends");
        shown.push_str(before);
        shown.push_str(&as_text(&evaluate(expression, context)));
        rest = after;
    }
    shown + rest
}

/// Whether the condition of a step holds.
pub(super) fn holds(expression: &str, context: &Value) -> bool {
    is_true(&evaluate(expression, context))
}

/// `&&` binds closer than `||`, and both give the operand that decided; comparisons bind closer still.
fn evaluate(expression: &str, context: &Value) -> Value {
    let mut last = Value::Null;
    for alternative in expression.split("||") {
        for part in alternative.split("&&") {
            last = comparison(part, context);
            if !is_true(&last) {
                break;
            }
        }
        if is_true(&last) {
            break;
        }
    }
    last
}

fn comparison(text: &str, context: &Value) -> Value {
    for (sign, wanted) in [("==", true), ("!=", false)] {
        if let Some((left, right)) = text.split_once(sign) {
            return Value::Bool((operand(left, context) == operand(right, context)) == wanted);
        }
    }
    operand(text, context)
}

fn operand(text: &str, context: &Value) -> Value {
    match text.trim() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        quoted if quoted.starts_with('\'') => Value::from(quoted.trim_matches('\'')),
        path => {
            assert!(path.chars().all(|sign| sign.is_alphanumeric() || "._-".contains(sign)), "not understood: {path}");
            let (first, _) = path.split_once('.').unwrap_or((path, ""));
            assert!(context.get(first).is_some(), "no such context: {path}");
            path.split('.').try_fold(context, |value, key| value.get(key)).cloned().unwrap_or(Value::Null)
        }
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn expressions_come_to_what_github_says() {
    let context = serde_json::json!({"inputs": {"a-b": "true", "none": ""}, "github": {"event": {"before": "c0", "fork": true}}});
    assert_eq!(interpolate("x ${{ inputs.a-b }} ${{ github.event.none.deep }}y", &context), "x true y");
    assert_eq!(interpolate("${{ inputs.none || github.event.before }}", &context), "c0");
    assert!(holds("inputs.a-b == 'true' && github.event.fork != false", &context));
    assert!(!holds("inputs.a-b == 'true' && github.event.fork != true", &context));
}

//! Asks the decisions of a rehearsal at the terminal.

use std::io::BufRead;

use keyfuse::drill::{Answer, DrillError, Question};
use keyfuse::model::plain;

use super::output;

/// Asks one; an empty line takes what stands in brackets.
pub(super) fn ask(question: &Question, clocks: &str) -> Result<Answer, DrillError> {
    let [usual, other] = question.choices;
    say(&format!("\n{clocks}\n{}: {}\n    {usual} | {other}  [{usual}]\n> ", question.decision, question.asks))?;
    let choice = loop {
        match line()?.as_str() {
            "" => break usual,
            text => match question.choices.into_iter().find(|choice| *choice == text) {
                Some(choice) => break choice,
                None => say(&format!("write {usual} or {other}\n> "))?,
            },
        }
    };
    let reason = if choice == usual { question.reason } else { "" };
    say(&if reason.is_empty() { "    why?\n> ".to_owned() } else { format!("    why?  [{reason}]\n> ") })?;
    let given = loop {
        match line()?.as_str() {
            "" if reason.is_empty() => say("a decision has a reason\n> ")?,
            "" => break reason.to_owned(),
            text => break plain(text, 300),
        }
    };
    Ok(Answer { choice, reason: given })
}

fn say(text: &str) -> Result<(), DrillError> {
    output::print(text.as_bytes()).map(|_| ()).map_err(|error| DrillError::Other(error.to_string()))
}

fn line() -> Result<String, DrillError> {
    let mut text = String::new();
    match std::io::stdin().lock().read_line(&mut text) {
        Ok(0) => Err(DrillError::Other("standard input has ended, and a decision is waited for".to_owned())),
        Ok(_) => Ok(text.trim().to_owned()),
        Err(error) => Err(DrillError::Other(error.to_string())),
    }
}

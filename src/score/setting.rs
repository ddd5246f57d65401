//! Tells when a value made of words is the password itself: in a setting, where nothing else can stand.

use super::generic::Case;
use super::lists::holds;
use super::wordlike::pieces;
use super::{context, name};
use crate::model::Syntax;

/// Whether the value can be nothing but the password itself, though it is made of words: given in configuration to a name that says
/// password, beside a user or a host where texts for people are as likely.
pub(super) fn is_literal(case: &Case<'_>) -> bool {
    let path = case.path;
    let is_setting = path.config && !path.code || path.data && context::is_beside_login(case.context);
    is_setting
        && !(path.test || path.locale || path.lock || path.machine)
        && case.context.syntax == Syntax::Assigned
        && name::is_password(&case.context.name)
        && name::says(&case.context.name) == name::Says::Secret
        && !case.value.iter().any(|byte| b" /".contains(byte))
        && case.value.iter().any(u8::is_ascii_lowercase)
}

/// Whether the value is two words or more, and none by which a person is asked for something.
pub(super) fn is_word_phrase(case: &Case<'_>) -> bool {
    const REQUESTS: &str = "\
        please you your yours use see if instead set replace change enter provide needed required missing insert fill default none null";
    let pieces = pieces(case.value);
    let is_request = pieces.iter().any(|piece| holds(REQUESTS, piece));
    let glued = pieces.len() >= 2 || case.value.len() >= 8 && !pieces.iter().any(|piece| case.words.contains(piece));
    glued && !is_request && case.value.len() >= 8
}

/// Whether the value has letters of both cases and a sign that neither words nor names have.
pub(super) fn is_marked(value: &[u8]) -> bool {
    let has = |kind: fn(&u8) -> bool| value.iter().any(kind);
    has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(|byte| b"!@#$%^&*".contains(byte))
        && !has(|byte| b" (){}<>;".contains(byte))
}

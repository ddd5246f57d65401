//! Templates of requests: text with slots for values.

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// As it stands.
    Text(&'t str),
    /// The value of that name.
    Slot(&'t str),
}

/// The pieces of a template: `{name}` is a slot, `{{` and `}}` are braces.
///
/// # Errors
/// A brace that is neither.
pub fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let (mut found, mut rest) = (Vec::new(), template);
    while let Some(place) = rest.find(['{', '}']) {
        let doubled = rest.get(place + 1..).is_some_and(|after| after.starts_with(&rest[place..=place]));
        if doubled {
            found.push(Piece::Text(&rest[..=place]));
            rest = &rest[place + 2..];
            continue;
        }
        let name = rest[place..].strip_prefix('{').and_then(|inner| inner.split_once('}')).map(|(name, _)| name);
        let Some(name) = name.filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())) else {
            return Err("write {{ and }} for braces, {name} for a value".to_owned());
        };
        found.extend([Piece::Text(&rest[..place]), Piece::Slot(name)]);
        rest = &rest[place + name.len() + 2..];
    }
    found.push(Piece::Text(rest));
    found.retain(|piece| *piece != Piece::Text(""));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_have_pieces() {
        assert_eq!(pieces("a{secret}b").expect("sound"), [Piece::Text("a"), Piece::Slot("secret"), Piece::Text("b")]);
        assert_eq!(pieces("{{\"q\"}}").expect("sound"), [Piece::Text("{"), Piece::Text("\"q\"}")]);
        assert!(pieces("{x y}").is_err() && pieces("}").is_err() && pieces("{").is_err() && pieces("{}").is_err());
    }
}

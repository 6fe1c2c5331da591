//! Parameters of a header, read strictly: `; name="value"; other=token`.

/// The value of a parameter, whatever the case of its name.
pub(super) fn value_of<'a>(parameters: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    parameters
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| *value)
}

/// The parameters in `text`, which starts behind the first semicolon. `None` where anything is odd: a
/// name that comes twice or with a `*` (save `filename*`), an escape, a stray character.
pub(super) fn parameters(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    let mut rest = text.trim_matches([' ', '\t']);
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (value, next) = value(after)?;
        if !is_name(name) || value_of(&found, name).is_some() {
            return None;
        }
        found.push((name, value));
        let next = next.trim_start_matches([' ', '\t']);
        rest = if next.is_empty() {
            next
        } else {
            next.strip_prefix(';')?.trim_start_matches([' ', '\t'])
        };
    }
    Some(found)
}

/// A `*` announces an encoded value or a piece of one, which only some servers understand. File names
/// have it often, and nothing depends on them.
fn is_name(name: &str) -> bool {
    let plain = name
        .strip_suffix('*')
        .filter(|name| name.eq_ignore_ascii_case("filename"))
        .unwrap_or(name);
    !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A value and what stands behind it.
fn value(text: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        // An escape is read differently from one server to the next (`\"` or a plain backslash).
        let (value, rest) = quoted.split_once('"')?;
        return (!value.contains('\\')).then_some((value, rest));
    }
    let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
    let (token, rest) = text.split_at_checked(end)?;
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"\\(),<>@[]{}".contains(&b);
    (!token.is_empty() && token.bytes().all(plain)).then_some((token, rest))
}

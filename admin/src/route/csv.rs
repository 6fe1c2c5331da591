//! Cells of comma-separated values.

/// A text in quotes, and nothing that a spreadsheet would compute.
pub(super) fn cell(text: &str) -> String {
    let computes = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mark = if computes { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_is_one_cell_and_computes_nothing() {
        for (text, expected) in [
            ("plain", "\"plain\""),
            ("a,\"b\"\n", "\"a,\"\"b\"\"\n\""),
            ("=1+1", "\"'=1+1\""),
            ("@x", "\"'@x\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}

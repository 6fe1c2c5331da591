//! Tables for people: columns as wide as their widest cell.

/// Lays out rows under their headings, two blanks between columns. Nothing at all gives `empty`.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]], empty: &str) -> String {
    if rows.is_empty() {
        return format!("{empty}\n");
    }
    let mut widths = headings.map(width);
    for row in rows {
        widths
            .iter_mut()
            .zip(row)
            .for_each(|(widest, cell)| *widest = (*widest).max(width(cell)));
    }
    let mut out = String::new();
    for row in std::iter::once(&headings.map(str::to_owned)).chain(rows) {
        let mut line = String::new();
        for (cell, widest) in row.iter().zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', widest - width(cell) + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Lines of `label  value`, the values under one another.
pub(super) fn card(rows: &[(&str, String)]) -> String {
    let widest = rows.iter().map(|(label, _)| width(label)).max().unwrap_or(0);
    rows.iter()
        .map(|(label, value)| format!("{label:widest$}  {value}\n"))
        .collect()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            ["1".to_owned(), "löwe".to_owned()],
            ["100".to_owned(), "x".to_owned()],
        ];
        assert_eq!(
            table(["ID", "NAME"], &rows, "none"),
            "ID   NAME\n1    löwe\n100  x\n"
        );
        assert_eq!(table(["ID", "NAME"], &[], "none yet"), "none yet\n");
    }

    #[test]
    fn a_card_lines_its_values_up() {
        assert_eq!(
            card(&[("id", "1".into()), ("state", "ok".into())]),
            "id     1\nstate  ok\n"
        );
    }
}

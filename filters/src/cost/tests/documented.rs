//! `docs/cost.md` says what the code does.

use super::*;

const DOCUMENT: &str = include_str!("../../../../docs/cost.md");

/// The cells of a table's rows, by the table's first heading.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let table = DOCUMENT
        .lines()
        .skip_while(|line| !line.starts_with(&format!("| {heading} |")));
    table
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn each_path_is_in_the_table_of_paths() {
    let rows = rows("path");
    assert_eq!(rows.len(), ENDPOINTS.len());
    for (row, (path, endpoint)) in rows.iter().zip(ENDPOINTS) {
        assert_eq!(row[0], format!("`{path}`"));
        assert_eq!(row[1] == "free", endpoint == Endpoint::Free, "{path}");
    }
}

#[test]
fn the_example_prices_come_out() {
    let rows = rows("size, steps");
    assert!(rows.len() >= 5);
    for row in rows {
        let numbers: Vec<u32> = row[0]
            .split(['×', ','])
            .map(|cell| cell.trim().parse().unwrap())
            .collect();
        let size = format!(
            r#""width":{},"height":{},"steps":{},"n_samples":1"#,
            numbers[0], numbers[1], numbers[2]
        );
        for (model, anlas) in [
            ("nai-diffusion-4-5-full", row[1]),
            ("nai-diffusion-5-full", row[2]),
        ] {
            let full: u32 = anlas.parse().unwrap();
            let on_opus = if row[3] == "free" { 0 } else { full };
            assert_eq!(
                priced(IMAGES, &image(model, "generate", &size)),
                Ok((full, on_opus)),
                "{row:?}"
            );
        }
    }
}

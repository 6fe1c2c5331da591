//! Lists the built user interface for the program to carry. Without the feature `ui` the list is empty, and building
//! needs no Node.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("web/dist");
    println!("cargo::rerun-if-changed=build.rs");
    let mut list = String::from("static FILES: &[File] = &[\n");
    if env::var_os("CARGO_FEATURE_UI").is_some() {
        println!("cargo::rerun-if-changed={}", root.display());
        if !root.join("index.html").is_file() {
            return Err(
                "the feature `ui` needs the built pages in admin/web/dist; run `make ui` first".into(),
            );
        }
        let mut files = Vec::new();
        walk(&root, &mut files)?;
        files.sort();
        for file in files.iter().filter(|file| !is_packed(file)) {
            entry(&mut list, &root, file)?;
        }
    }
    list.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("ui.rs"), list)?;
    Ok(())
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// `index.js.br` stands beside `index.js`.
fn is_packed(file: &Path) -> bool {
    matches!(file.extension().and_then(|end| end.to_str()), Some("br" | "gz"))
}

fn entry(list: &mut String, root: &Path, file: &Path) -> Result<(), Box<dyn Error>> {
    let name = file
        .strip_prefix(root)?
        .to_str()
        .ok_or("a file's name is not UTF-8")?;
    let packed = |end: &str| {
        let path = PathBuf::from(format!("{}.{end}", file.display()));
        match path.is_file() {
            true => format!("Some(include_bytes!({path:?}))"),
            false => "None".to_owned(),
        }
    };
    writeln!(
        list,
        "File {{ name: {name:?}, plain: include_bytes!({file:?}), br: {}, gz: {} }},",
        packed("br"),
        packed("gz")
    )?;
    Ok(())
}

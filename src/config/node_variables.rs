//! Nodes from variables: `NODE_0=name|url`, `NODE_1=…`, for upstreams that say `nodes_from_env: NODE_`.
//!
//! They become part of the tree before anything is checked, so the same rules hold for them, and what is wrong with
//! one is said with its variable's name.

use potluck_filters::model::BaseUrl;

use super::path::{Path, Step};
use super::problem::{Place, Problem};
use super::tree::{Name, Shape, Tree};

/// Adds to each upstream that names a prefix the nodes of its variables, in their order.
pub(super) fn append(tree: &mut Tree, environment: &[(String, String)], problems: &mut Vec<Problem>) {
    let Shape::Map(sections) = &mut tree.shape else {
        return;
    };
    let upstreams = sections.iter_mut().find(|(name, _)| name.text == "upstreams");
    let Some((
        _,
        Tree {
            shape: Shape::Map(upstreams),
            ..
        },
    )) = upstreams
    else {
        return;
    };
    for (name, upstream) in upstreams {
        let prefix = upstream.child(&Step::Key("nodes_from_env".to_owned()));
        let Some(Shape::Scalar { text: prefix, .. }) = prefix.map(|prefix| &prefix.shape) else {
            continue;
        };
        let path = Path::of("upstreams").key(&name.text).key("nodes");
        let found = variables(&prefix.clone(), environment);
        add(upstream, &found, &path, problems);
    }
}

/// A variable with its number.
struct Variable<'e> {
    number: usize,
    name: &'e str,
    text: &'e str,
}

/// The variables of a prefix, by number. Others that begin alike (`NODE_ENV`) are none of them.
fn variables<'e>(prefix: &str, environment: &'e [(String, String)]) -> Vec<Variable<'e>> {
    let mut found: Vec<_> = environment
        .iter()
        .filter_map(|(name, text)| {
            let digits = name.strip_prefix(prefix)?;
            let number: usize = digits
                .parse()
                .ok()
                .filter(|number: &usize| *digits == number.to_string())?;
            let text = text.trim();
            (!text.is_empty()).then_some(Variable { number, name, text })
        })
        .collect();
    found.sort_by_key(|variable| variable.number);
    found
}

fn add(upstream: &mut Tree, found: &[Variable<'_>], path: &Path, problems: &mut Vec<Problem>) {
    let Some(first) = found.first() else { return };
    let nodes = upstream.entry("nodes", &Place::Named(first.name.into()));
    // What stands there in another form is for the schema to refuse.
    if nodes.is_null() || matches!(&nodes.shape, Shape::Map(entries) if entries.is_empty()) {
        nodes.shape = Shape::List(Vec::new());
    }
    let Shape::List(items) = &mut nodes.shape else {
        return;
    };
    for (at, variable) in found.iter().enumerate() {
        let refuse = |message: String| Problem {
            place: Place::Named(variable.name.into()),
            path: path.clone(),
            message,
        };
        if variable.number != at {
            let missing = variable.name.trim_end_matches(|c: char| c.is_ascii_digit());
            problems.push(refuse(format!(
                "{missing}{at} is missing; count from 0 without gaps"
            )));
            return;
        }
        match variable.text.split_once('|') {
            Some((name, url)) if !has(items, name.trim(), url.trim()) => {
                items.push(node(variable.name, name.trim(), url.trim()));
            }
            Some(_) => {}
            None => problems.push(refuse(
                "write it as name|url, like primary|https://gpu1.example.com:8000".to_owned(),
            )),
        }
    }
}

/// Whether the file says the same of a node, as it does where it was written by `config show`.
fn has(items: &[Tree], name: &str, url: &str) -> bool {
    let text = |item: &Tree, key: &str| match item.child(&Step::Key(key.to_owned())) {
        Some(Tree {
            shape: Shape::Scalar { text, .. },
            ..
        }) => text.clone(),
        Some(_) | None => String::new(),
    };
    let same_url = |written: &str| {
        let both = written.parse::<BaseUrl>().ok().zip(url.parse::<BaseUrl>().ok());
        both.is_some_and(|(one, other)| one == other)
    };
    items
        .iter()
        .any(|item| text(item, "name") == name && same_url(&text(item, "url")))
}

fn node(variable: &str, name: &str, url: &str) -> Tree {
    let place = Place::Named(variable.into());
    let entry = |key: &str, text: &str| {
        let name = Name {
            place: place.clone(),
            text: key.to_owned(),
        };
        let shape = Shape::Scalar {
            text: text.to_owned(),
            quoted: true,
        };
        let place = place.clone();
        (name, Tree { place, shape })
    };
    Tree {
        shape: Shape::Map(vec![entry("name", name), entry("url", url)]),
        place: place.clone(),
    }
}

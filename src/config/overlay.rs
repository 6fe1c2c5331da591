//! Settings from the environment and from flags, laid over what the file says.
//!
//! `POTLUCK_LIMITS__KEEP_ALIVE=30s` and `--set limits.keep_alive=30s` mean the same key. Only
//! variables with `__` in their name are settings, so that a stray `PORT` never takes over.

use serde_json::Value;

use super::path::{Path, Step};
use super::problem::{Place, Problem};
use super::schema::{Want, properties, tag};
use super::suggest::nearest;
use super::tree::{Shape, Tree};
use super::yaml;

const PREFIX: &str = "POTLUCK_";

/// Names that are settings although they do not begin like one, because installations have them already. Where both
/// are set, ours counts: it comes later in the order of names.
const OTHER_NAMES: [(&str, [&str; 2]); 5] = [
    ("AUTH_LOGIN_RATE_LIMIT_PER_MINUTE", ["auth", "login_per_minute"]),
    (
        "AUTH_LOGIN_LOCKOUT_THRESHOLD",
        ["auth", "login_lockout_threshold"],
    ),
    ("AUTH_LOGIN_LOCKOUT_MINUTES", ["auth", "login_lockout_minutes"]),
    (
        "AUTH_REGISTER_RATE_LIMIT_PER_MINUTE",
        ["auth", "register_per_minute"],
    ),
    ("AUTH_PASSWORD_MIN_LENGTH", ["auth", "password_min_length"]),
];

/// The keys that a variable's name stands for.
fn keys_of(name: &str) -> Option<Vec<String>> {
    if let Some((_, keys)) = OTHER_NAMES.iter().find(|(other, _)| *other == name) {
        return Some(keys.map(str::to_owned).to_vec());
    }
    let keys = name.strip_prefix(PREFIX).filter(|rest| rest.contains("__"))?;
    Some(keys.to_lowercase().split("__").map(str::to_owned).collect())
}

/// One value given outside the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// As a person would look for it: the variable's or the flag's name.
    source: String,
    /// The keys, top down, as they were written.
    keys: Vec<String>,
    text: String,
    /// How keys are joined and written at the source, for suggestions.
    style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Variable,
    Flag,
}

/// The variables that are settings, in the order of their names.
pub(super) fn from_environment(variables: impl Iterator<Item = (String, String)>) -> Vec<Setting> {
    let mut settings: Vec<Setting> = variables
        .filter_map(|(name, text)| {
            Some(Setting {
                keys: keys_of(&name)?,
                source: name,
                text,
                style: Style::Variable,
            })
        })
        .collect();
    settings.sort_by(|a, b| a.source.cmp(&b.source));
    settings
}

/// One `--set key=value`.
pub(super) fn from_flag(flag: &str) -> Result<Setting, Problem> {
    let (key, text) = flag.split_once('=').ok_or_else(|| Problem {
        place: Place::Named(format!("--set {flag}").into()),
        path: Path::default(),
        message: "write it as section.key=value".to_owned(),
    })?;
    let keys = key.split('.').map(|key| key.trim().to_owned()).collect();
    Ok(Setting {
        source: format!("--set {key}"),
        keys,
        text: text.to_owned(),
        style: Style::Flag,
    })
}

/// Lays one setting over the tree. `defaults` is what holds where neither file nor setting says a thing.
pub(super) fn apply(
    tree: &mut Tree,
    setting: &Setting,
    schema: &Value,
    defaults: &Value,
) -> Result<(), Problem> {
    let place = Place::Named(setting.source.as_str().into());
    if let Some(top) = setting.keys.first() {
        seed(tree, top, schema, defaults);
    }
    // Built beside, so that a setting that leads nowhere leaves nothing behind.
    let mut next = tree.clone();
    let mut at = Target {
        tree: &mut next,
        schema,
    };
    for depth in 0..setting.keys.len() {
        at = at.down(setting, depth, &place)?;
    }
    *at.tree = written(setting, at.schema, place)?;
    *tree = next;
    Ok(())
}

/// Maps and lists of the file replace the built-in ones as a whole; where the file has none, single
/// settings inside the built-in ones can be changed.
fn seed(tree: &mut Tree, top: &str, schema: &Value, defaults: &Value) {
    let whole = schema
        .get("properties")
        .and_then(|all| all.get(top))
        .map(Want::of);
    if !matches!(whole, Some(Want::Named(_) | Want::List(_))) {
        return;
    }
    let Some(value) = defaults.get(top) else { return };
    let entry = tree.entry(top, &Place::Default);
    let unwritten = entry.is_null() || (entry.place == Place::Default && is_empty(entry));
    if unwritten {
        *entry = Tree::from_value(value, &Place::Default);
    }
}

fn is_empty(tree: &Tree) -> bool {
    matches!(&tree.shape, Shape::Map(entries) if entries.is_empty())
}

/// A place in the tree with what may stand there.
struct Target<'t, 's> {
    tree: &'t mut Tree,
    schema: &'s Value,
}

impl<'t, 's> Target<'t, 's> {
    fn down(self, setting: &Setting, depth: usize, place: &Place) -> Result<Self, Problem> {
        let key = setting.keys.get(depth).map_or("", String::as_str);
        match Want::of(self.schema) {
            Want::Section(section) => match properties(section).find(|(name, _)| *name == key) {
                Some((name, schema)) => Ok(Self {
                    tree: self.tree.entry(name, place),
                    schema,
                }),
                None => Err(unknown(
                    setting,
                    depth,
                    properties(section).map(|(name, _)| name),
                    place,
                )),
            },
            Want::Tagged(all) => {
                let name = self.tree.child(&Step::Key("name".to_owned()));
                let name = name.and_then(Tree::text).unwrap_or_default();
                match all.iter().find(|section| tag(section) == Some(name)) {
                    Some(schema) => Target {
                        tree: self.tree,
                        schema,
                    }
                    .down(setting, depth, place),
                    None => Err(refuse(place, "give it its `name` in the file first".to_owned())),
                }
            }
            Want::Named(schema) => {
                let name = entry_name(self.tree, key);
                Ok(Self {
                    tree: self.tree.entry(&name, place),
                    schema,
                })
            }
            Want::List(schema) => match (&mut self.tree.shape, key.parse::<usize>()) {
                (Shape::List(items), Ok(index)) if index < items.len() => items
                    .get_mut(index)
                    .map(|tree| Self { tree, schema })
                    .ok_or_else(|| refuse(place, "there is no such item in the list".to_owned())),
                _ => Err(refuse(
                    place,
                    format!("`{key}` is no item of the list; count from 0"),
                )),
            },
            Want::OneOrMany(_) | Want::Choice(_) | Want::Text(_) | Want::Number { .. } | Want::Switch => {
                Err(refuse(
                    place,
                    format!("there is nothing below `{}`", spell(setting, depth, None)),
                ))
            }
        }
    }
}

/// The name as the file has it: variables can write neither `-` nor capitals.
fn entry_name(tree: &Tree, key: &str) -> String {
    let same = |name: &str| name.to_lowercase().replace('-', "_") == key.to_lowercase().replace('-', "_");
    match &tree.shape {
        Shape::Map(entries) => entries.iter().map(|(name, _)| &name.text).find(|name| same(name)),
        Shape::Scalar { .. } | Shape::List(_) => None,
    }
    .cloned()
    .unwrap_or_else(|| key.to_owned())
}

fn written(setting: &Setting, schema: &Value, place: Place) -> Result<Tree, Problem> {
    let text = setting.text.trim().to_owned();
    match Want::of(schema) {
        Want::Choice(_) | Want::Text(_) => Ok(Tree {
            place,
            shape: Shape::Scalar { text, quoted: true },
        }),
        Want::Number { .. } | Want::Switch => Ok(Tree {
            place,
            shape: Shape::Scalar { text, quoted: false },
        }),
        Want::Section(_) | Want::Tagged(_) | Want::Named(_) | Want::List(_) | Want::OneOrMany(_) => {
            match yaml::parse(&setting.source, &text) {
                Ok(tree) => Ok(moved(tree, &place)),
                Err(problems) => {
                    let why = problems
                        .first()
                        .map(|problem| problem.message.clone())
                        .unwrap_or_default();
                    Err(refuse(&place, why))
                }
            }
        }
    }
}

/// The same tree with every part at one place.
fn moved(tree: Tree, place: &Place) -> Tree {
    let shape = match tree.shape {
        Shape::Scalar { text, quoted } => Shape::Scalar { text, quoted },
        Shape::List(items) => Shape::List(items.into_iter().map(|item| moved(item, place)).collect()),
        Shape::Map(entries) => Shape::Map(
            entries
                .into_iter()
                .map(|(mut name, tree)| {
                    name.place = place.clone();
                    (name, moved(tree, place))
                })
                .collect(),
        ),
    };
    Tree {
        place: place.clone(),
        shape,
    }
}

fn unknown<'a>(
    setting: &Setting,
    depth: usize,
    known: impl Iterator<Item = &'a str>,
    place: &Place,
) -> Problem {
    let key = setting.keys.get(depth).map_or("", String::as_str);
    let hint = nearest(key, known).map(|near| spell(setting, depth, Some(near)));
    let hint = hint
        .map(|hint| format!("; did you mean {hint}?"))
        .unwrap_or_default();
    refuse(place, format!("there is no such setting{hint}"))
}

/// The setting's name in the style of its source, with one key replaced.
fn spell(setting: &Setting, depth: usize, replaced: Option<&str>) -> String {
    let keys: Vec<&str> = setting
        .keys
        .iter()
        .enumerate()
        .map(|(at, key)| replaced.filter(|_| at == depth).unwrap_or(key))
        .collect();
    match setting.style {
        Style::Variable => format!("{PREFIX}{}", keys.join("__").to_uppercase()),
        Style::Flag => keys.join("."),
    }
}

fn refuse(place: &Place, message: String) -> Problem {
    Problem {
        place: place.clone(),
        path: Path::default(),
        message,
    }
}

//! What is shipped and published: the file, the schema, the page, and what `show` prints.

use super::*;

#[test]
fn the_shipped_file_is_the_default() {
    assert_eq!(
        Config::parse("conf/potluck.yaml", SHIPPED, &[], &[]).unwrap(),
        Config::default()
    );
}

#[test]
fn the_shipped_file_shows_every_key_of_the_schema() {
    fn keys<'a>(schema: &'a serde_json::Value, into: &mut Vec<&'a str>) {
        match schema::Want::of(schema) {
            schema::Want::Section(section) => {
                for (key, schema) in schema::properties(section) {
                    into.push(key);
                    keys(schema, into);
                }
            }
            schema::Want::Tagged(all) => all.iter().for_each(|section| keys(section, into)),
            schema::Want::Named(inner) | schema::Want::List(inner) | schema::Want::OneOrMany(inner) => {
                keys(inner, into);
            }
            _ => {}
        }
    }
    let schema = schema();
    let mut all = Vec::new();
    keys(&schema, &mut all);
    assert!(all.len() > 50);
    for key in all {
        let shown = |line: &str| {
            line.trim_start_matches([' ', '#', '-', '{'])
                .starts_with(&format!("{key}:"))
        };
        assert!(
            SHIPPED.lines().any(shown),
            "conf/potluck.yaml does not show `{key}`"
        );
    }
}

#[test]
fn an_empty_file_is_the_default() {
    for text in ["", "# nothing\n", "limits:\n", "{}", "database:\n  # url: x\n"] {
        assert_eq!(parse(text).unwrap(), Config::default(), "{text}");
    }
}

#[test]
fn what_show_prints_reads_back_as_the_same() {
    let config = parse(
        "edge: {name: 'true'}\nthreads: 3\ndata: '/a b/c'\nroutes: []\nupstreams:\n  gpu: {kind: http, nodes: \
         [{name: a, url: 'http://127.0.0.1:1/x'}]}",
    )
    .unwrap();
    assert_eq!(parse(&show(&config)).unwrap(), config);
    assert_eq!(parse(&show(&Config::default())).unwrap(), Config::default());
}

#[test]
fn the_layout_is_what_the_file_says() {
    let layout = Config::default().layout().unwrap();
    let names: Vec<&str> = layout.upstreams.iter().map(|upstream| &*upstream.name).collect();
    assert_eq!(names, ["novelai", "vercel"]);
    let led: Vec<_> = layout
        .routes
        .iter()
        .map(|route| (&*route.prefix, &*layout.upstreams[route.upstream].name))
        .collect();
    assert_eq!(
        led,
        [
            ("/v1/novelai", "novelai"),
            ("/ai", "novelai"),
            ("/user", "novelai"),
            ("/oa", "novelai"),
            ("/v1", "vercel")
        ]
    );
    assert_eq!(
        (
            layout.upstreams[0].key_concurrency,
            layout.upstreams[1].key_concurrency
        ),
        (1, 64)
    );
    assert!(layout.upstreams[0].keyed);
    let broken = Config {
        upstreams: BTreeMap::new(),
        ..Config::default()
    };
    assert_eq!(broken.layout().unwrap_err().len(), 5);
}

#[test]
fn the_published_schema_and_page_are_up_to_date() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let schema = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    for (file, wanted, command) in [
        ("config.schema.json", schema, "potluck config schema"),
        ("config.md", markdown(), "potluck config schema --markdown"),
    ] {
        let found = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        assert!(
            found == wanted,
            "docs/{file} is out of date; write it anew with `{command} > docs/{file}`"
        );
    }
}

#[test]
fn every_word_of_the_schema_is_one_that_the_types_read() {
    for (text, words) in [
        ("log: {format: WORD}", &["text", "json"][..]),
        ("log: {level: WORD}", &["error", "warn", "info", "debug", "trace"]),
        (
            "routes: [{prefix: /a, upstream: vercel, auth: WORD}]",
            &["key", "optional", "none"],
        ),
        (
            "routes: []\nupstreams: {a: {kind: openai, policy: WORD, nodes: [{name: a, url: 'https://h'}]}}",
            &["round-robin", "least-busy"],
        ),
        (
            "routes: []\nupstreams: {a: {kind: WORD, nodes: [{name: a, url: 'https://h'}]}}",
            &["openai", "http"],
        ),
        (
            "routes: []\nupstreams: {a: {kind: novelai, nodes: [{name: a, role: WORD, url: 'https://h'}]}}",
            &["image", "text", "api"],
        ),
        (
            "routes: []\nupstreams: {a: {kind: http, nodes: [{name: a, http: WORD, url: 'https://h'}]}}",
            &["auto", "h1", "h2"],
        ),
    ] {
        for word in words {
            let text = text.replace("WORD", word);
            assert!(parse(&text).is_ok(), "{text}");
        }
    }
}

//! Plug-ins in the file: checked as strictly as the rest, all slips at once, each where it stands.

use super::*;

const BEFORE: &str = "routes:\n  - prefix: /v1\n    upstream: vercel\n    plugins:\n";

fn problems(plugins: &str) -> Vec<String> {
    let text = format!("{BEFORE}{plugins}");
    parse(&text).err().unwrap_or_default()
}

#[test]
fn every_slip_is_told_with_its_line_and_column() {
    let found = problems(
        "      - name: cors\n        origin: ['*']\n      - name: cores\n      - max_tokens: 3\n      - name: cost-cap\n        \
         max_tokens: many\n        over: lowr\n      - name: ip-allow\n        networks: [10.0.0.0/8, home]\n      - name: \
         set-headers\n        request: {set: {Host: x}, drop: [a]}\n      - name: oa-repair\n",
    );
    let expected = [
        "c.yaml:5:9: routes[0].plugins[0]: `origins` is missing",
        "c.yaml:6:9: routes[0].plugins[0].origin: there is no such setting; did you mean `origins`?",
        "c.yaml:7:15: routes[0].plugins[1].name: there is no plug-in `cores`; did you mean `cors`? (`potluck plugins \
         list` names them)",
        "c.yaml:8:9: routes[0].plugins[2]: `name` is missing",
        "c.yaml:10:21: routes[0].plugins[3].max_tokens: must be a whole number from 1 to 100000000, not `many`",
        "c.yaml:11:15: routes[0].plugins[3].over: `lowr` is not one of refuse, lower; did you mean `lower`?",
        "c.yaml:13:32: routes[0].plugins[4].networks[1]: \"home\" is not an IP address or a network such as 10.0.0.0/8",
        "c.yaml:15:31: routes[0].plugins[5].request.set.Host: `host` is the relay's own: it frames the message, names \
         its hop or host, or carries a credential",
        "c.yaml:15:35: routes[0].plugins[5].request.drop: there is no such setting",
        "c.yaml:16:9: routes[0].plugins[6]: is for routes to kind novelai only",
    ];
    for line in expected {
        assert!(
            found.iter().any(|found| found.starts_with(line)),
            "{line}\n{found:#?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn a_route_has_its_plugins_in_order_and_shows_them_again() {
    let text = format!(
        "{BEFORE}      - name: model-map\n        models: {{a: b, 'c*': d}}\n      - name: sse-heartbeat\n        interval: 5s\n      - \
         name: cors\n        origins: ['*']\n"
    );
    let config = parse(&text).unwrap();
    let names: Vec<&str> = config.routes[0]
        .plugins
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(names, ["model-map", "sse-heartbeat", "cors"]);
    assert!(config.layout().unwrap().routes[0].plugins.is_some());
    assert_eq!(parse(&show(&config)).unwrap(), config);
    let plain = parse("").unwrap().layout().unwrap();
    assert!(plain.routes.iter().all(|route| route.plugins.is_none()));
}

#[test]
fn a_single_setting_of_a_plugin_can_be_overridden() {
    let text = format!("{BEFORE}      - name: sse-heartbeat\n        interval: 5s\n");
    let set = |flag: &str| Config::parse("c.yaml", &text, &[], &[flag.to_owned()]);
    let config = set("routes.0.plugins.0.interval=9s").unwrap();
    assert_eq!(config.routes[0].plugins[0].settings["interval"], "9s");
    let wrong = set("routes.0.plugins.0.intervall=9s").unwrap_err().to_string();
    assert!(
        wrong.contains("did you mean routes.0.plugins.0.interval?"),
        "{wrong}"
    );
}

#[test]
fn the_shipped_examples_of_plugins_are_right() {
    let examples: Vec<&str> = SHIPPED
        .lines()
        .skip_while(|line| *line != "    # plugins:")
        .take_while(|line| line.starts_with("    #"))
        .collect();
    assert!(examples.len() > 40);
    let text: String = examples
        .iter()
        .map(|line| line.replacen("# ", "", 1) + "\n")
        .collect();
    // Each is right by itself; they are not all for one kind of upstream.
    let wrong = parse(&format!(
        "routes:\n  - prefix: /ai\n    upstream: novelai\n{text}"
    ))
    .unwrap_err();
    assert_eq!(wrong.len(), 1, "{wrong:#?}");
    assert!(
        wrong[0].contains("max_tokens: is for routes to kind openai"),
        "{wrong:#?}"
    );
}

//! docs/probes.md lists every question there is; `UPDATE=1 cargo test --test main probe::pages` writes the list anew.

use std::fmt::Write as _;
use std::path::Path;

use keyfuse::rules::{Kind, RuleSet};

const START: &str = "<!-- questions: written by UPDATE=1 cargo test --test main probe::pages -->\n";
const END: &str = "<!-- end of questions -->\n";

fn table() -> (String, usize) {
    let rules = RuleSet::builtin();
    let mut rows: Vec<(String, String, String, String, Vec<String>)> = Vec::new();
    for (_, rule) in rules.iter() {
        let Some(confirm) = &rule.confirm else { continue };
        let method = if confirm.posts { "POST" } else { "GET" };
        let asked = match confirm.kind {
            Kind::Login => "a login, at a configured database only".to_owned(),
            Kind::AwsSts => "`GetCallerIdentity`, signed".to_owned(),
            Kind::Http => {
                let more = if confirm.urls.len() > 1 { format!(" and {} more sites", confirm.urls.len() - 1) } else { String::new() };
                format!("`{method} {}`{more}", confirm.urls[0])
            }
        };
        let evidence = serde_json::to_value(confirm.evidence).expect("a name").as_str().unwrap_or_default().to_owned();
        let key = (confirm.service.clone(), asked, confirm.docs.clone(), evidence);
        match rows.iter_mut().find(|row| (&row.0, &row.1, &row.2, &row.3) == (&key.0, &key.1, &key.2, &key.3)) {
            Some(row) => row.4.push(rule.id.clone()),
            None => rows.push((key.0, key.1, key.2, key.3, vec![rule.id.clone()])),
        }
    }
    rows.sort();
    let services: std::collections::BTreeSet<&String> = rows.iter().map(|row| &row.0).collect();
    let count = services.len();
    let mut text = format!("{count} services.\n\n| service | what is asked | evidence | for |\n|---|---|---|---|\n");
    for (service, asked, docs, evidence, ids) in &rows {
        let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
        let _ = writeln!(text, "| [{service}]({docs}) | {asked} | {evidence} | {} |", ids.join(", "));
    }
    (text, count)
}

#[test]
fn the_page_lists_every_question() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/probes.md");
    let page = std::fs::read_to_string(&path).expect("docs/probes.md");
    let (before, rest) = page.split_once(START).expect("the list begins");
    let (there, after) = rest.split_once(END).expect("the list ends");
    let (expected, count) = table();
    assert!(count >= 45, "only {count} services");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{START}{expected}{END}{after}")).expect("docs can be written");
        return;
    }
    assert!(there == expected, "docs/probes.md: UPDATE=1 cargo test --test main probe::pages");
}

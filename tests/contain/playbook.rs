//! Playbooks of one's own: what is wrong is named, and what is right is what the plan goes by.

use super::desk::{Desk, token};
use super::issuer::{Issuer, Manner};

#[test]
fn a_playbook_is_checked_before_an_incident_needs_it_and_then_gone_by() {
    let desk = Desk::new();
    let built_in = desk.run(&["playbook", "check"]);
    assert!(built_in.code == Some(0) && built_in.stdout.contains("7 playbooks are sound"), "{built_in:?}");
    let shown = desk.run(&["playbook", "show", "bearer-token"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let file = desk.work.join("own.toml");
    let check = |text: &str| {
        std::fs::write(&file, text).expect("written");
        desk.run(&["playbook", "check", "own.toml"])
    };
    assert_eq!(check(&shown.stdout).code, Some(0));
    for (from, to, why) in [
        ("phase = \"contain\"", "phase = \"later\"", "own.toml: step `revoke`: `phase`: there is no `later`"),
        ("within = \"30m\"", "within = \"soon\"", "step `revoke`: `within`"),
        ("verb = \"revoke\"", "verb = \"freeze\"", "step `revoke`: `verb`"),
        ("does = \"watch\"", "does = \"halt\"", "none of them `does` watch"),
        ("title = ", "titel = ", "titel"),
        ("verify = \"dead\"", "verify = \"gone\"", "step `revoke`: `verify`"),
    ] {
        let wrong = check(&shown.stdout.replacen(from, to, 1));
        assert!(wrong.code == Some(2) && wrong.stderr.contains(why) && wrong.stderr.contains("own.toml"), "{why}: {wrong:?}");
    }
    assert_eq!(desk.run(&["playbook", "check", "none.toml"]).code, Some(2));

    let token = token("playbook");
    let issuer = Issuer::new(&token, Manner::Honest);
    desk.issuer(&issuer.url);
    let place = desk.plant(&token);
    let id = desk.open(&[place]);
    std::fs::create_dir(desk.config("playbooks")).expect("made");
    let own = shown.stdout.replace("Issue a replacement into", "Ask the platform team for a replacement in");
    std::fs::write(desk.config("playbooks/bearer-token.toml"), &own).expect("written");
    assert!(desk.run(&["incident", "plan", &id]).stdout.contains("Ask the platform team"));
    // A broken one stops everything: no other is taken in its place.
    std::fs::write(desk.config("playbooks/bearer-token.toml"), own.replace("within", "witin")).expect("written");
    let broken = desk.run(&["incident", "plan", &id]);
    assert!(broken.code == Some(2) && broken.stderr.contains("bearer-token.toml"), "{broken:?}");
}

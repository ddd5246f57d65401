//! Programs of the responder's own: run only where authority.toml names them, given the credential on standard input, masked.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;

use super::desk::{Desk, holds, token};
use super::issuer::{Issuer, Manner};

const AUTHORITY: &str = "
[roles.engine]
automated = true
[[allow]]
verb = 'exec'
by = ['engine']
";

#[test]
fn a_program_ends_a_token_and_what_it_says_is_kept_without_secrets() {
    let (desk, token) = (Desk::new(), token("exec"));
    let issuer = Issuer::new(&token, Manner::Honest);
    desk.issuer(&issuer.url);
    let place = desk.plant(&token);
    let id = desk.open(&[place]);
    let other =
        String::from_utf8(keyfuse::rules::expand("ghp_{base62:30}{crc32-base62}", "said").expect("a sound template").text).expect("text");
    let program = desk.base.join("revoke.sh");
    let address = issuer.url.trim_start_matches("http://").replace(':', "/");
    // It says the credential, and another one that nobody knew of.
    let text = format!(
        "#!/bin/bash\nread -r value\necho \"$1 $2\"\necho \"ending $value, GITHUB_TOKEN={other}\"\nexec 3<>/dev/tcp/{address}\n\
         printf 'POST /v1/auth/token/revoke-self HTTP/1.1\\r\\nX-Vault-Token: %s\\r\\nContent-Length: 0\\r\\n\\r\\n' \"$value\" >&3\nhead -1 <&3\n"
    );
    std::fs::write(&program, text).expect("written");
    let mode = |mode| std::fs::set_permissions(&program, std::fs::Permissions::from_mode(mode)).expect("set");
    mode(0o775);
    let shown = desk.run(&["playbook", "show", "bearer-token"]).stdout;
    let step = format!(
        "do = \"exec\"\nverb = \"exec\"\nrun = [\"{}\", \"--incident\", \"{{incident}}\"]\nstdin = \"secret\"\nlimit = \"30s\"",
        program.display()
    );
    let own = shown.replace("do = \"revoke\"\nverb = \"revoke\"", &step);
    std::fs::create_dir(desk.config("playbooks")).expect("made");
    std::fs::write(desk.config("playbooks/bearer-token.toml"), own).expect("written");

    // The authority file does not name it.
    std::fs::write(desk.config("authority.toml"), AUTHORITY).expect("written");
    let unnamed = desk.run(&["incident", "contain", &id, "--armed"]);
    assert!(unnamed.stdout.contains("has no [[program]]") && issuer.revocations() == 0, "{unnamed:?}");
    // Others can write it; it is another one.
    let named = |more: &str| {
        std::fs::write(desk.config("authority.toml"), format!("{AUTHORITY}[[program]]\npath = '{}'\n{more}", program.display()))
            .expect("written");
    };
    named("");
    let writable = desk.run(&["incident", "contain", &id, "--armed"]);
    assert!(writable.code == Some(5) && writable.stdout.contains("others can write"), "{writable:?}");
    mode(0o755);
    named(&format!("sha256 = '{}'\n", "ab".repeat(32)));
    let changed = desk.run(&["incident", "contain", &id, "--armed"]);
    assert!(changed.code == Some(5) && changed.stdout.contains("not the program whose sha256"), "{changed:?}");
    named("");
    let plan = desk.run(&["incident", "plan", &id]);
    assert!(plan.stdout.contains("run ") && plan.stdout.contains("standard input ‹fp1_") && issuer.revocations() == 0, "{plan:?}");

    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!((contained.code, issuer.revocations()), (Some(0), 1), "{contained:?}");
    assert_eq!(desk.show(&id)["credential_state"], "dead");
    let kept = std::fs::read_to_string(desk.state().join("incidents").join(&id).join("cli/001-revoke.txt")).expect("kept");
    assert!(kept.contains(&format!("--incident {id}")) && kept.contains("HTTP/1.1 204") && kept.contains("ending …"), "{kept}");
    for secret in [&token, &other] {
        assert_eq!(holds(&desk.state(), secret), None);
    }
    let verified = desk.run(&["incident", "verify", &id]);
    assert!(verified.code == Some(0) && verified.stdout.contains("2 files are what the journal says"), "{verified:?}");
}

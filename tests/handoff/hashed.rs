//! A key beside the hash that its service keeps of it: proved when that is asked for, and never unasked.

use serde_json::Value;

use super::home::Home;

#[test]
fn a_bcrypt_hash_in_the_tree_proves_a_key_when_asked_to() {
    let home = Home::with_key();
    let key = String::from_utf8(keyfuse::rules::expand("axon_{base64url:42}A", "hashed").expect("sound").text).expect("text");
    std::fs::write(home.work.join(".env"), format!("AXON_API_KEY={key}\n")).expect("written");
    let hash = bcrypt::hash(&key, 4).expect("hashed");
    std::fs::create_dir(home.work.join("db")).expect("made");
    std::fs::write(home.work.join("db/keys.sql"), format!("INSERT INTO keys (keyHash) VALUES ('{hash}');\n")).expect("written");
    let receiving = home.receive("secret = 'env:HOOK_KEY'\n", &[]);
    home.hook(&receiving.url);
    let unasked = home.run(&["scan", ".", "--handoff"]);
    assert!(unasked.code == Some(1) && !unasked.stderr.contains("handed off"), "{unasked:?}");
    let alone = home.run(&["scan", ".", "--prove"]);
    assert!(alone.code == Some(2) && alone.stderr.contains("--handoff"), "{alone:?}");
    let proved = home.run(&["scan", ".", "--handoff", "--prove"]);
    assert!(proved.code == Some(1) && proved.stderr.matches("handed off evt_").count() == 1, "the key, not the hash: {proved:?}");
    let received = std::fs::read_to_string(home.base.join("receiver/state/received.jsonl")).expect("kept");
    let notice: Value = serde_json::from_str(received.lines().next().expect("a line")).expect("JSON");
    let data = &notice["data"]["body"]["data"];
    assert_eq!((&data["grounds"], &data["credential"]["rule"]), (&"precautionary".into(), &"axon-api-key".into()));
    assert!(data["credential"]["evidence"][0].as_str().is_some_and(|text| text.contains("bcrypt")), "{data}");

    // Given by hand: what a database keeps of its keys is a store's word.
    let mut given = home.command(&["confirm", ".env:1", "--stored-in", "env:KEY_HASH"]);
    let given = crate::scratch::Run::of(given.env("KEY_HASH", &hash).output().expect("it starts"));
    assert!(given.code == Some(0) && given.stdout.contains("holds it (bcrypt hash)"), "{given:?}");
    let mut dear = home.command(&["confirm", ".env:1", "--stored-in", "env:KEY_HASH"]);
    let dear = crate::scratch::Run::of(dear.env("KEY_HASH", hash.replace("$04$", "$15$")).output().expect("it starts"));
    assert!(dear.code == Some(3) && dear.stderr.contains("cost 15"), "{dear:?}");
}

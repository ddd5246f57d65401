//! The journal on a real disk: chained, locked, torn, edited, crashed at every step.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use keyfuse::journal::{
    Actor, Clock, Digest, Entry, Fault, Faults, Head, Journal, JournalError, ManualClock, Recorded, Stamp, State, Step, TORN, verify,
};
use serde_json::{Value, json};

type Plain = Journal<Vec<Recorded>>;

fn stamp() -> Stamp {
    Stamp { wall: "2026-11-21T21:00:04.5129Z".parse().expect("a time"), mono_ms: 48_211, is_simulated: false }
}

fn entry(number: usize) -> Entry {
    Entry::new("notice.attempt", Actor::engine(), &json!({ "number": number })).of("inc-7q3kd2m9xa-1")
}

fn append(journal: &mut Plain, number: usize) -> Result<Recorded, JournalError> {
    journal.update(|writing| writing.append(entry(number), stamp()))
}

fn numbers(journal: &Plain) -> Vec<u64> {
    journal.state().iter().filter(|one| one.event.kind != TORN).filter_map(|one| one.event.data["number"].as_u64()).collect()
}

/// Writes a journal of `count` events.
fn filled(path: &Path, count: usize) -> Plain {
    let mut journal = Plain::open(path).expect("opened");
    for number in 0..count {
        append(&mut journal, number).expect("appended");
    }
    journal
}

#[test]
fn a_line_is_what_the_page_says() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = scratch.path().join("deep/er/handoff.jsonl");
    let journal = filled(&path, 2);
    let text = fs::read_to_string(&path).expect("written");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "{\"v\":1,\"seq\":1,\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\",\
         \"ts\":\"2026-11-21T21:00:04.512Z\",\"mono_ms\":48211,\"inc\":\"inc-7q3kd2m9xa-1\",\
         \"actor\":{\"id\":\"keyfuse\",\"via\":\"engine\"},\"type\":\"notice.attempt\",\"data\":{\"number\":0}}"
    );
    let second: Value = serde_json::from_str(lines[1]).expect("JSON");
    // With another implementation than the one under test: sha256sum, as an auditor would.
    let sum = std::process::Command::new("sha256sum").arg(path.with_file_name("first")).output();
    if let Ok(sum) = sum {
        assert!(!sum.status.success(), "nothing there yet");
        fs::write(path.with_file_name("first"), lines[0]).expect("written");
        let sum = std::process::Command::new("sha256sum").arg(path.with_file_name("first")).output().expect("it runs");
        assert!(String::from_utf8_lossy(&sum.stdout).starts_with(second["prev"].as_str().expect("a digest")));
    }
    assert_eq!(journal.head(), Head { seq: 2, digest: Digest::of(lines[1].as_bytes()) });
    assert_eq!(journal.state()[1].digest, journal.head().digest, "an event is named by the digest of its own line");
    let again = Plain::open(&path).expect("opened");
    assert_eq!((again.state(), again.head()), (journal.state(), journal.head()), "read back as written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700));
    }
}

#[test]
fn a_drill_and_a_made_up_clock_stand_on_every_line() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let mut journal = Plain::open(&scratch.path().join("j")).expect("opened");
    journal.update(|writing| writing.append(entry(0).drill(true), clock.now())).expect("appended");
    let line: Value = serde_json::from_str(&fs::read_to_string(journal.path()).expect("written")).expect("JSON");
    assert_eq!((&line["drill"], &line["clock"], &line["ts"]), (&json!(true), &json!("simulated"), &json!("1970-01-01T00:00:00.000Z")));
}

#[test]
fn an_edit_a_swap_and_a_cut_are_named_by_line() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = scratch.path().join("j");
    let head = filled(&path, 6).head();
    let sound = fs::read_to_string(&path).expect("written");
    let lines: Vec<&str> = sound.lines().collect();
    let joined = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let changed = lines[2].replace("\"number\":2", "\"number\":7");
    for (name, text, line) in [
        ("edited", joined(&[lines[0], lines[1], &changed, lines[3], lines[4], lines[5]]), 4),
        ("first edited", sound.replacen("\"number\":0", "\"number\":9", 1), 2),
        ("swapped", joined(&[lines[0], lines[2], lines[1], lines[3]]), 2),
        ("one left out", joined(&[lines[0], lines[2], lines[3]]), 2),
        ("begins late", joined(&lines[1..]), 1),
        ("another's", joined(&[lines[0], lines[0]]), 2),
        ("no JSON", joined(&[lines[0], "{\"hunter2", lines[2]]), 2),
        ("no event", joined(&[lines[0], "{}"]), 2),
        ("not UTF-8", format!("{}\n\u{0}\n", lines[0]), 2),
        ("from the future", sound.replacen("\"v\":1", "\"v\":2", 1), 1),
        ("endless", format!("{}\n{}\n", lines[0], "x".repeat(1 << 20)), 2),
    ] {
        fs::write(&path, &text).expect("written");
        let verified = verify(&path).expect("read");
        assert_eq!(verified.breaches.first().map(|breach| breach.line), Some(line), "{name}: {:?}", verified.breaches);
        let error = Plain::open(&path).expect_err(name).to_string();
        assert!(error.contains(&format!("is broken at line {line}: ")) && !error.contains("hunter2"), "{name}: {error}");
        assert_eq!(fs::read_to_string(&path).expect("read"), text, "{name}: evidence is left as it is");
    }
    // A cut end is sound by itself; only a witness tells.
    fs::write(&path, joined(&lines[..4])).expect("written");
    let verified = verify(&path).expect("read");
    assert!(verified.is_sound() && !verified.holds(head));
    fs::write(&path, &sound).expect("written");
    let verified = verify(&path).expect("read");
    assert!(verified.is_sound() && verified.holds(head) && verified.holds(Head::START) && verified.head == head);
    assert!(!verified.holds(Head { seq: 3, ..head }), "another line's digest");
}

#[test]
fn a_torn_tail_is_set_aside_and_recorded() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = scratch.path().join("j");
    filled(&path, 3);
    let sound = fs::read_to_string(&path).expect("written");
    // Shorter and longer than what will stand in its place, and one that is whole but for its newline.
    for tail in ["{\"v\":1".to_owned(), format!("{{\"v\":1,\"x\":\"{}", "y".repeat(5000)), sound.lines().last().expect("a line").to_owned()]
    {
        fs::write(&path, format!("{sound}{tail}")).expect("written");
        let _ = fs::remove_file(scratch.path().join("j.torn"));
        let verified = verify(&path).expect("read");
        assert!(verified.is_sound() && verified.tear.is_some_and(|tear| tear.bytes == tail.len() as u64));
        let mut journal = Plain::open(&path).expect("opened: an interrupted write is no tampering");
        assert_eq!(numbers(&journal), [0, 1, 2]);
        assert!(fs::read_to_string(&path).expect("read").ends_with(&tail), "reading changes nothing");
        append(&mut journal, 3).expect("appended");
        assert_eq!(fs::read_to_string(scratch.path().join("j.torn")).expect("kept"), format!("{tail}\n"));
        let again = Plain::open(&path).expect("sound");
        assert_eq!(numbers(&again), [0, 1, 2, 3]);
        let note = &again.state()[3].event;
        assert_eq!(note.kind, TORN);
        assert_eq!(*note.data, json!({ "bytes": tail.len(), "sha256": Digest::of(tail.as_bytes()) }));
        assert!(verify(&path).expect("read").tear.is_none());
    }
}

#[test]
fn a_crash_at_every_step_loses_nothing_that_was_told() {
    const EVENTS: usize = 12;
    for step in [Step::Before, Step::Midway, Step::Unsynced, Step::Synced] {
        for at in 0..EVENTS {
            let scratch = tempfile::tempdir().expect("a scratch folder");
            let path = scratch.path().join("j");
            let seen = Arc::new(AtomicUsize::new(0));
            let faults = Faults::new({
                let seen = Arc::clone(&seen);
                move |now| (now == step && seen.fetch_add(1, Ordering::Relaxed) == at).then_some(Fault::Crash)
            });
            let mut journal = Plain::open_with(&path, faults).expect("opened");
            let told = (0..EVENTS).take_while(|&number| append(&mut journal, number).is_ok()).count();
            assert_eq!(told, at, "{step:?}");
            drop(journal);
            let mut journal = Plain::open(&path).expect("opened after the crash");
            let there = numbers(&journal).len();
            assert!(there == told || there == told + 1, "{step:?} {at}: {there} of {told}");
            for number in there..EVENTS {
                append(&mut journal, number).expect("goes on");
            }
            assert_eq!(numbers(&Plain::open(&path).expect("sound")), (0..EVENTS as u64).collect::<Vec<_>>(), "{step:?} {at}");
        }
    }
}

#[test]
fn a_full_disk_is_an_error_and_leaves_no_half_line() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = scratch.path().join("j");
    let full = Arc::new(AtomicUsize::new(0));
    let faults = Faults::new({
        let full = Arc::clone(&full);
        move |step| {
            let is_full = step == Step::Midway && full.load(Ordering::Relaxed) == 1;
            is_full.then(|| Fault::Refusal(std::io::ErrorKind::StorageFull.into()))
        }
    });
    let mut journal = Plain::open_with(&path, faults).expect("opened");
    append(&mut journal, 0).expect("room");
    let before = fs::read(&path).expect("read");
    full.store(1, Ordering::Relaxed);
    let error = append(&mut journal, 1).expect_err("full").to_string();
    assert!(error.contains("cannot be written") && error.contains("storage space"), "{error}");
    assert_eq!(fs::read(&path).expect("read"), before);
    assert_eq!(numbers(&journal), [0], "the state is that of the disk");
    full.store(0, Ordering::Relaxed);
    append(&mut journal, 1).expect("room again");
    assert_eq!(numbers(&Plain::open(&path).expect("sound")), [0, 1]);
}

#[test]
fn many_writers_make_one_chain() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = scratch.path().join("j");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let mut journal = Plain::open(path).expect("opened");
                for number in 0..25 {
                    append(&mut journal, writer * 25 + number).expect("appended");
                }
            });
        }
    });
    let mut there = numbers(&Plain::open(&path).expect("sound"));
    there.sort_unstable();
    assert_eq!(there, (0..100).collect::<Vec<_>>());
}

#[test]
fn what_another_process_wrote_is_seen_before_the_next_decision() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = scratch.path().join("j");
    let (mut one, mut other) = (Plain::open(&path).expect("opened"), Plain::open(&path).expect("opened"));
    append(&mut one, 0).expect("appended");
    assert!(other.state().is_empty());
    other.refresh().expect("read");
    assert_eq!(numbers(&other), [0]);
    append(&mut one, 1).expect("appended");
    let seen = other.update(|writing| Ok::<_, JournalError>(writing.state().len())).expect("locked");
    assert_eq!(seen, 2);
    // Whoever cuts the file off, or takes it away, is told of.
    fs::write(&path, "").expect("cut");
    assert!(matches!(append(&mut one, 2), Err(JournalError::Shortened { .. })));
    #[cfg(unix)]
    {
        fs::remove_file(&path).expect("taken away");
        assert!(matches!(append(&mut other, 2), Err(JournalError::Shortened { .. })));
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    assert!(matches!(Plain::open(scratch.path()), Err(JournalError::NotAFile { .. })));
    #[cfg(unix)]
    {
        let link = scratch.path().join("link");
        std::os::unix::fs::symlink(scratch.path().join("elsewhere"), &link).expect("a link");
        assert!(matches!(Plain::open(&link), Err(JournalError::NotAFile { .. })));
        assert!(!scratch.path().join("elsewhere").exists());
    }
    assert!(verify(&scratch.path().join("none")).is_err());
}

/// A state that takes no event of the type `bad`.
#[derive(Debug, Default)]
struct Picky(usize);

impl State for Picky {
    fn apply(&mut self, recorded: &Recorded) -> Result<(), String> {
        self.0 += 1;
        if recorded.event.kind == "bad" { Err("it is bad".to_owned()) } else { Ok(()) }
    }
}

#[test]
fn what_the_state_refuses_is_not_written() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = scratch.path().join("j");
    let mut journal = Journal::<Picky>::open(&path).expect("opened");
    let mut write = |kind: &str| journal.update(|writing| writing.append(Entry { kind: kind.to_owned(), ..entry(0) }, stamp()));
    write("good").expect("taken");
    assert!(matches!(write("bad"), Err(JournalError::Broken { line: 2, .. })));
    write("good").expect("taken");
    assert_eq!((journal.state().0, journal.head().seq), (2, 2));
    assert_eq!(Journal::<Picky>::open(&path).expect("sound").state().0, 2);
    let long = Entry::new("long", Actor::engine(), &"x".repeat(1 << 20));
    assert!(matches!(journal.update(|writing| writing.append(long, stamp())), Err(JournalError::TooLong { .. })));
}

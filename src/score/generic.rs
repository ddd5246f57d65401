//! Judges what the engine's own parsers found: assigned secrets and passwords, URLs, headers, commands, secret files, key blocks.

use super::kept::secret_file;
use super::lists::holds;
use super::path::PathKind;
use super::setting::{is_literal, is_marked, is_word_phrase};
use super::strength::{self, Strength};
use super::tally::Tally;
use super::wordlike::Words;
use super::{codelike, context, name, placeholder, structure};
use crate::model::{Candidate, Confidence, Context, Layer, Syntax};
use crate::rules::Parser;

/// What every judgement of a parser's candidate looks at.
pub(super) struct Case<'a> {
    pub(super) words: &'a Words,
    pub(super) value: &'a [u8],
    pub(super) context: &'a Context,
    pub(super) path: PathKind,
    /// Whether it stands in a text of its own syntax (a connection string, a command), whatever the file is.
    pub(super) embedded: bool,
}

/// Adds up what speaks for and against the candidate.
pub(super) fn judge(words: &Words, parser: Parser, candidate: &Candidate, path: PathKind) -> Tally {
    let embedded = matches!(parser, Parser::ConnectionString | Parser::CommandPassword);
    let case = Case { words, value: candidate.value.expose(), context: &candidate.context, path, embedded };
    match parser {
        Parser::Pem | Parser::Pgp | Parser::Putty | Parser::Jwk => key_block(&case),
        Parser::AssignedSecret => assigned(&case),
        Parser::Password => password(&case, "is assigned as a password", 0.0),
        Parser::ConnectionString
            if context::has_connection_pairs(&candidate.context) && (!path.code || context::is_in_text(&candidate.context)) =>
        {
            password(&case, "is the password of a connection string", 1.0)
        }
        Parser::ConnectionString => password(&Case { embedded: false, ..case }, "is assigned as a password", 0.0),
        Parser::CommandPassword => password(&case, "is given to a command as a password", if path.code { 0.4 } else { 0.8 }),
        Parser::UrlPassword => url_password(&case),
        Parser::BasicAuth => basic(&case, candidate.layers.contains(&Layer::Base64)),
        Parser::BearerAuth => bearer(&case),
        Parser::SecretFile => secret_file(&case),
        Parser::PasswordHash => password_hash(&case),
    }
}

/// A block whose structure the detector has verified.
fn key_block(case: &Case<'_>) -> Tally {
    let mut tally = Tally::new("decodes to a private key", 4.0, Confidence::High);
    if placeholder::mark(case.value).is_some_and(|_| case.value.len() < 200) {
        tally.reject("is a template");
    }
    if case.path.test {
        tally.add("stands in tests, examples or documentation", -1.2);
    }
    tally
}

/// Marks, masks, fillers and the name itself: what is no secret whoever found it.
fn stands_in(case: &Case<'_>, tally: &mut Tally) -> bool {
    if let Some(mark) = placeholder::mark(case.value) {
        tally.reject(mark);
    } else if placeholder::is_mask(case.value) {
        tally.reject("is a mask, a repetition or a counting run");
    } else if placeholder::is_filler(case.words, case.value) {
        // `admin123` is what lazy people really use; `admin` is what they write before they think of one.
        if is_lazy(case) {
            tally.add("is a filling word with a number", -0.2);
        } else {
            tally.reject("is made of filling words");
        }
    } else if placeholder::repeats_name(case.value, &case.context.name) {
        if is_lazy(case) {
            tally.add("is its own name with a number", -0.2);
        } else {
            tally.reject("repeats its own name");
        }
    }
    tally.is_rejected()
}

/// Whether the value is a filling word with a number, where a password is expected and no text explains it.
fn is_lazy(case: &Case<'_>) -> bool {
    let digits = case.value.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits >= 3 && !case.path.test && !case.path.prose && name::is_password(&case.context.name)
}

/// Whether a value without quotes opens a bracket that it does not close: the beginning of an expression.
fn is_cut(case: &Case<'_>) -> bool {
    let count = |wanted: u8| case.value.iter().filter(|&&byte| byte == wanted).count();
    let open = count(b'(') > count(b')') || count(b'[') > count(b']') || count(b'{') > count(b'}');
    case.context.quote.is_none() && open && (case.path.code || case.context.after.first().is_some_and(|byte| b" '\")]},;".contains(byte)))
}

/// Code, addresses, numbers, sentences: what the form of the value says that it is instead.
fn is_other(case: &Case<'_>, tally: &mut Tally) -> bool {
    let in_code = case.path.code && !case.embedded && case.context.quote.is_none() && case.context.syntax == Syntax::Assigned;
    let unquoted_code = in_code && !context::is_in_text(case.context) && !context::is_comment(case.context);
    if case.context.quote.is_some() && strength::is_noise(case.words, case.value) {
        return false;
    }
    if let Some(what) = codelike::reads_as(case.words, case.value) {
        tally.reject(what);
    } else if unquoted_code && !context::is_setting(case.context) {
        tally.reject("is an expression of the code");
    } else if context::is_form_field(case.context) {
        tally.reject("is the value of a hidden form field");
    } else if is_cut(case) || context::goes_on_as_code(case.context) || context::is_built(case.context) {
        tally.reject("is part of an expression");
    } else if codelike::is_sentence(case.words, case.value) {
        tally.reject("is a sentence or a label");
    } else if !is_literal(case)
        && codelike::is_identifier(case.words, case.value)
        && strength::of(case.words, case.value) < Strength::Likely
    {
        tally.reject("is an identifier");
    }
    tally.is_rejected()
}

fn weigh_strength(tally: &mut Tally, strength: Strength) {
    match strength {
        Strength::Strong => tally.add("looks random for its alphabet and length", 1.6),
        Strength::Likely => tally.add("looks fairly random", 0.9),
        Strength::Odd => tally.add("looks odd, as chosen passwords do", 0.3),
        Strength::Plain => tally.add("reads like a word or a number", -1.6),
    }
}

/// The weight of the place for what has no shape of its own.
fn weigh_path(tally: &mut Tally, case: &Case<'_>, test: f32) {
    if case.path.test {
        tally.confine("stands in tests, examples or documentation", test);
    } else if case.path.prose {
        tally.add("stands in prose", -0.25);
    }
    if case.path.code && context::is_session(case.context) {
        tally.confine("stands in the printed outcome of an example", -1.0);
    } else if case.path.code && context::is_comment(case.context) {
        tally.add("stands in a comment", -1.0);
    }
    if case.path.locale {
        tally.add("stands among texts for people", -2.0);
    }
    if case.path.lock || case.path.machine {
        tally.add("stands among hashes or in generated text", -4.0);
    } else if context::is_minified(case.context) {
        tally.add("stands in minified text", -1.5);
    }
}

/// Whether the value is `id=name` or the like: an option that holds options.
fn is_pair(case: &Case<'_>) -> bool {
    let Some(at) = case.value.iter().position(|&byte| byte == b'=') else { return false };
    let name = &case.value[..at];
    at + 2 < case.value.len() && name.len() >= 2 && name.iter().all(|&byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Whether the value is the public half of an access key as object stores give them out: capitals and digits, beside its secret.
fn is_id_of_pair(case: &Case<'_>) -> bool {
    let name: String = name::words(&case.context.name).concat();
    let is_id = (16..=24).contains(&case.value.len()) && case.value.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let around = [case.context.before.as_slice(), case.context.after.as_slice()].concat().to_ascii_lowercase();
    is_id && name.ends_with("accesskey") && memchr::memmem::find(&around, b"secret").is_some()
}

/// Keyword, operator, value.
fn assigned(case: &Case<'_>) -> Tally {
    let mut tally = Tally::new("is assigned", 0.0, Confidence::Medium);
    let says = name::says(&case.context.name);
    let is_noise = case.context.quote.is_some() && strength::is_noise(case.words, case.value);
    match says {
        _ if is_noise => tally.add("is a long line of characters in no order", 0.3),
        name::Says::Secret => tally.add("its name says secret", 1.0),
        name::Says::Maybe => tally.add("its name may say secret", 0.1),
        name::Says::Nothing => tally.add("its name says nothing", -1.0),
        name::Says::Other => tally.reject("its name says that it is something else"),
    }
    if tally.is_rejected() || !is_noise && stands_in(case, &mut tally) || is_other(case, &mut tally) {
        return tally;
    }
    if !is_noise && name::is_digest(&case.context.name) || (says != name::Says::Secret && context::is_called_digest(case.context)) {
        tally.reject("is called a hash or a revision");
        return tally;
    }
    let mut strength = strength::of(case.words, case.value);
    if case.value.len() < 8 && strength > Strength::Plain {
        // Short odd values are passwords; a key or a token is longer.
        strength = if name::is_password(&case.context.name) { strength } else { Strength::Plain };
    }
    if is_id_of_pair(case) {
        tally.reject("is the identifier to which the secret beside it belongs");
        return tally;
    }
    if is_pair(case) && strength < Strength::Strong {
        tally.reject("is a pair of its own");
        return tally;
    }
    if says != name::Says::Secret && (case.value.iter().all(u8::is_ascii_digit) || structure::is_uuid(case.value)) {
        strength = Strength::Plain;
    }
    weigh_strength(&mut tally, strength);
    weigh_path(&mut tally, case, -1.2);
    tally
}

/// A password in an assignment, a connection string or a command.
fn password(case: &Case<'_>, what: &str, given: f32) -> Tally {
    let mut tally = Tally::new(what, given, Confidence::Medium);
    if given == 0.0 {
        match name::says(&case.context.name) {
            name::Says::Secret => tally.add("its name says password", 1.0),
            name::Says::Maybe => tally.add("its name hardly says password", 0.4),
            name::Says::Nothing => tally.add("its name says nothing", -1.0),
            name::Says::Other => tally.reject("its name says that it is something else"),
        }
    }
    if tally.is_rejected() || stands_in(case, &mut tally) || is_other(case, &mut tally) {
        return tally;
    }
    if case.value.len() < 6 || case.value.len() > 256 {
        tally.add("has not the length of a password", -1.2);
    }
    if case.value.iter().any(|byte| b" \t".contains(byte)) {
        let is_doubtful = case.context.quote.is_none() || name::says(&case.context.name) != name::Says::Secret;
        tally.add("is a phrase with spaces", if is_doubtful { -2.0 } else { -0.2 });
    }
    let letters_alone = case.value.iter().all(u8::is_ascii_alphabetic);
    let is_spoken = case.value.iter().all(|&byte| byte.is_ascii_alphabetic() || b"-_".contains(&byte));
    let words_alone = letters_alone && case.words.share(case.value) > 0.7;
    if is_literal(case) && is_word_phrase(case) && (is_spoken || codelike::is_identifier(case.words, case.value)) {
        tally.add("is made of words, and can be nothing but the password itself", 0.1);
    } else if words_alone {
        tally.lower("is a word of the dictionary", -1.0);
    } else if is_marked(case.value) && !case.path.prose || is_literal(case) && is_lazy(case) {
        let strength = strength::of(case.words, case.value);
        weigh_strength(&mut tally, strength.max(Strength::Odd));
    } else {
        let unspaced: Vec<u8> = case.value.iter().copied().filter(|byte| !b" \t".contains(byte)).collect();
        weigh_strength(&mut tally, strength::of(case.words, &unspaced));
    }
    weigh_path(&mut tally, case, -1.2);
    tally
}

/// Passwords that documentation gives to its users.
const SAMPLE_PASSWORDS: &str = "\
    pass password passwd pwd pw secret token user username xxx xxxx changeme key foo bar baz pass123 password123 p4ssw0rd \
    mypassword example test my-secret auth credentials apikey api_key access_token x-oauth-basic 123 1234 p b @";

/// The password part of a URL.
fn url_password(case: &Case<'_>) -> Tally {
    let mut tally = Tally::new("is the password of a URL", 1.5, Confidence::High);
    let (user, host) = context::url_parts(case.context);
    let lower = case.value.to_ascii_lowercase();
    if let Some(mark) = placeholder::mark(case.value)
        .or_else(|| placeholder::mark(user).filter(|_| strength::of(case.words, case.value) < Strength::Likely))
    {
        tally.reject(mark);
        return tally;
    }
    if case.value.len() < 3 || case.value.iter().any(|byte| b" <>\"'`{}()\\,|$".contains(byte) || byte.is_ascii_control()) {
        tally.reject("is no password of a URL");
        return tally;
    }
    if holds(SAMPLE_PASSWORDS, &lower) || (case.value.len() >= 4 && placeholder::is_mask(case.value)) {
        tally.reject("is what documentation writes for a password");
        return tally;
    }
    // Nobody writes a sample for a host that is real.
    let is_real_host = context::is_public_host(host) && !case.path.test && !case.path.prose && !context::is_comment(case.context);
    if placeholder::is_filler(case.words, case.value) && is_real_host {
        tally.add("is made of filling words, for a host that may be real", -0.1);
    } else if placeholder::is_filler(case.words, case.value) {
        tally.lower("is made of filling words", -1.5);
    } else if lower == user.to_ascii_lowercase() {
        tally.lower("is the user's own name", -1.0);
    }
    let strength = strength::of(case.words, case.value);
    match strength {
        Strength::Strong | Strength::Likely => tally.add("looks random", 1.5),
        Strength::Odd => tally.add("looks like a chosen password", 0.4),
        Strength::Plain if is_real_host => tally.add("is short or plain", -0.3),
        Strength::Plain if codelike::is_identifier(case.words, case.value) => tally.lower("is an identifier", -0.8),
        Strength::Plain if case.words.share(case.value) > 0.6 => tally.lower("is a word", -0.6),
        Strength::Plain => tally.add("is short or plain", -0.3),
    }
    if context::is_sample_host(host) {
        tally.lower("its host is one of documentation", -1.5);
    } else if context::is_own_host(host) {
        tally.add("its host is the own machine", if strength >= Strength::Likely { -0.5 } else { -1.2 });
    }
    if case.path.test {
        tally.add("stands in tests, examples or documentation", -1.3);
    }
    if case.path.machine || context::is_minified(case.context) {
        tally.add("stands in generated text", -1.0);
    }
    tally
}

/// `Authorization: Basic …`: base64 of user, colon, password.
fn basic(case: &Case<'_>, decoded: bool) -> Tally {
    let mut tally = Tally::new("is the credential of a Basic header", 1.3, Confidence::High);
    // The detector hands over the password that it decoded; what comes as it stands is decoded here.
    let plain = if decoded || case.value.contains(&b':') { Some(case.value.to_vec()) } else { structure::decode(case.value) };
    let text = plain.as_deref().and_then(|plain| std::str::from_utf8(plain).ok()).filter(|text| !text.chars().any(char::is_control));
    let pair = text.and_then(|text| text.split_once(':').or(decoded.then_some(("", text))));
    let Some((user, password)) = pair else {
        tally.reject("does not decode to user and password");
        return tally;
    };
    let lower = password.to_ascii_lowercase();
    if (user.is_empty() && password.is_empty()) || placeholder::mark(password.as_bytes()).is_some() {
        tally.reject("is empty or a template");
    } else if ["open sesame", "opensesame"].contains(&lower.as_str()) {
        tally.lower("is the sample of the standard", -1.5);
    } else if password.is_empty() {
        // Some services take the key as the user.
        weigh_strength(&mut tally, strength::of(case.words, user.as_bytes()));
    } else if holds(SAMPLE_PASSWORDS, &lower)
        || password.len() < 4
        || placeholder::is_filler(case.words, password.as_bytes())
        || user == password
    {
        tally.lower("is what documentation writes for a password", -1.0);
    } else {
        weigh_strength(&mut tally, strength::of(case.words, password.as_bytes()).max(Strength::Odd));
    }
    if case.path.test {
        tally.add("stands in tests, examples or documentation", -1.2);
    }
    tally
}

/// `Authorization: Bearer …` and other schemes with a token.
fn bearer(case: &Case<'_>) -> Tally {
    let mut tally = Tally::new("is the token of an authorization header", 0.8, Confidence::Medium);
    if stands_in(case, &mut tally) || is_other(case, &mut tally) {
        return tally;
    }
    if case.value.starts_with(b"eyJ") && case.value.contains(&b'.') && !structure::is_jwt(case.value) {
        tally.reject("looks like a JSON Web Token and is none");
        return tally;
    }
    let strength = strength::of(case.words, case.value);
    weigh_strength(&mut tally, if case.value.len() < 12 { Strength::Plain } else { strength });
    weigh_path(&mut tally, case, -1.2);
    tally
}

/// A hash that can be attacked offline.
fn password_hash(case: &Case<'_>) -> Tally {
    let mut tally = Tally::new("is the hash of a password", 1.8, Confidence::Medium);
    let tail = &case.value[case.value.len().saturating_sub(22)..];
    if placeholder::is_mask(tail) || placeholder::mark(tail).is_some() {
        tally.reject("is a mask");
    }
    if case.path.test || case.path.prose {
        tally.add("stands in tests, examples or documentation", -1.2);
    } else if case.path.code && context::is_session(case.context) {
        tally.confine("stands in the printed outcome of an example", -1.0);
    }
    tally
}

//! Command lines as data: each file of tests/cmd holds arguments, what they print, and the exit code.
//!
//! `TRYCMD=overwrite cargo test commands` writes what is printed now into the files; read the difference before you keep it.

#[test]
fn each_file_of_cmd_holds() {
    trycmd::TestCases::new()
        .register_bin("keyfuse", std::path::Path::new(crate::scratch::KEYFUSE))
        .env("COLUMNS", "100")
        .case("tests/cmd/*.toml");
}

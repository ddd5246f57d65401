//! What an anchor announces: short passwords, URLs, key blocks, commands, loose literals of rules.

use super::anchors::Anchor;
use super::chart::Chart;
use super::detector::{Detector, Pass};
use super::named::Named;
use super::{assignment, block, command, decode, generic, url};
use crate::model::{Context, Syntax};
use crate::rules::{Find, Parser};

impl Detector {
    /// Looks where an anchor stands.
    pub(super) fn by_anchor(&self, pass: &mut Pass<'_>, chart: &Chart) {
        let text = pass.text;
        let mut block_end = 0;
        self.anchors.find(text, chart, |anchor, start, end| match anchor {
            Anchor::Name => self.short_value(pass, start, end),
            Anchor::Url => {
                if let Some(value) = url::password(text, end) {
                    let scheme = start
                        - text[start.saturating_sub(32)..start]
                            .iter()
                            .rev()
                            .take_while(|&&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
                            .count();
                    let context =
                        Context { syntax: Syntax::Url, name: text[scheme..start].to_vec(), ..assignment::surroundings(text, &value) };
                    self.parsed(pass, Parser::UrlPassword, value, context);
                }
            }
            Anchor::Block if start >= block_end => {
                if block::may_be_private(text, start) {
                    pass.far.push(start);
                }
                if let Some((kind, span)) = block::private_key(text, start) {
                    block_end = span.end;
                    let parser = if kind == block::Block::Pgp { Parser::Pgp } else { Parser::Pem };
                    let context = Context { syntax: Syntax::Block, ..assignment::surroundings(text, &span) };
                    self.parsed(pass, parser, span, context);
                }
            }
            Anchor::Block => {}
            Anchor::Escape if decode::calls(text, start) => pass.marks.push(start),
            Anchor::Escape => {}
            Anchor::Putty => {
                pass.far.push(start);
                if let Some(span) = block::putty_key(text, start) {
                    let context = Context { syntax: Syntax::Block, ..assignment::surroundings(text, &span) };
                    self.parsed(pass, Parser::Putty, span, context);
                }
            }
            Anchor::Jwk => {
                pass.far.push(start);
                if let Some(span) = block::jwk_private(text, start) {
                    let context = Context { syntax: Syntax::Block, ..assignment::surroundings(text, &span) };
                    self.parsed(pass, Parser::Jwk, span, context);
                }
            }
            Anchor::Basic => {
                if let Some(span) = generic::basic(text, end) {
                    let context =
                        Context { syntax: Syntax::Header, name: b"authorization".to_vec(), ..assignment::surroundings(text, &span) };
                    self.parsed(pass, Parser::BasicAuth, span, context);
                }
            }
            Anchor::Command => match command::password(text, start, end) {
                Some(value) if !pass.binary => {
                    let context = Context {
                        syntax: Syntax::Assigned,
                        name: text[start..end].trim_ascii().to_vec(),
                        ..assignment::surroundings(text, &value)
                    };
                    self.parsed(pass, Parser::CommandPassword, value, context);
                }
                _ if &text[start..end] == b"sshpass" => self.short_value(pass, start, end),
                _ => {}
            },
            Anchor::Rule(id) => {
                let rule = self.rules.get(id);
                let is_prefix = matches!(rule.find, Find::Prefix { .. });
                if let Some(hit) = Named::match_literal(&self.rules, text, start, id, is_prefix, end - start) {
                    self.hit(pass, hit);
                }
            }
        });
    }

    fn short_value(&self, pass: &mut Pass<'_>, start: usize, end: usize) {
        if pass.binary {
            return;
        }
        if let Some((parser, assignment)) = generic::short(pass.text, start, end) {
            let context = assignment.context(pass.text);
            self.parsed(pass, parser, assignment.value, context);
        }
    }
}

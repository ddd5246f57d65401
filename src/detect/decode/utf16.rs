//! UTF-16 in either byte order, told by its mark or by its zeros.

/// Bytes at the beginning that tell the byte order.
const HEAD: usize = 1024;
/// Fewer units tell nothing without a mark.
const MIN_UNITS: usize = 8;

/// The order of the two bytes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    /// Low byte first, as Windows writes it.
    Little,
    /// High byte first.
    Big,
}

/// Which UTF-16 the bytes begin as, if any: by the byte order mark, else by zeros on one side of nearly all of the first units.
pub(crate) fn byte_order(bytes: &[u8]) -> Option<ByteOrder> {
    let head = &bytes[..bytes.len().min(HEAD)];
    match head {
        // The same mark with two zeros is UTF-32.
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => return Some(ByteOrder::Little),
        [0xfe, 0xff, ..] => return Some(ByteOrder::Big),
        _ => {}
    }
    // Ordinary text shows itself by its first bytes.
    memchr::memchr(0, &head[..head.len().min(64)])?;
    let units = head.len() / 2;
    if units < MIN_UNITS {
        return None;
    }
    let zeros = |side: usize| head.iter().skip(side).step_by(2).take(units).filter(|&&byte| byte == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    // Latin text has a zero in nearly every unit, and hardly a zero elsewhere: binary data has zeros on both sides.
    let latin = |on: usize, off: usize| on * 4 >= units * 3 && off * 32 <= units;
    if latin(second, first) {
        Some(ByteOrder::Little)
    } else if latin(first, second) {
        Some(ByteOrder::Big)
    } else {
        None
    }
}

/// UTF-16 of known byte order as UTF-8, without a byte order mark; for the pieces of a stream that `byte_order` has judged.
///
/// Lone surrogates become U+FFFD. The result is up to half as long again, for some characters take three bytes in place of two.
pub(crate) fn transcode(bytes: &[u8], order: ByteOrder) -> Vec<u8> {
    let encoding = match order {
        ByteOrder::Little => encoding_rs::UTF_16LE,
        ByteOrder::Big => encoding_rs::UTF_16BE,
    };
    encoding.decode_with_bom_removal(bytes).0.into_owned().into_bytes()
}

/// The offset in `original` of what stands at `offset` in its transcoded text.
pub(crate) fn original_offset(original: &[u8], transcoded: &[u8], offset: usize) -> usize {
    let mark = usize::from(matches!(original, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])) * 2;
    // A unit for each character, and another for each beyond the basic plane: those have four bytes, and begin with 0xf0 or more.
    let before = &transcoded[..offset.min(transcoded.len())];
    let units: usize = before.iter().map(|&byte| usize::from(byte & 0xc0 != 0x80) + usize::from(byte >= 0xf0)).sum();
    (mark + 2 * units).min(original.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf16(bytes: &[u8]) -> Option<Vec<u8>> {
        Some(transcode(bytes, byte_order(bytes)?))
    }

    fn encode(text: &str, order: ByteOrder, mark: bool) -> Vec<u8> {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if order == ByteOrder::Little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    #[test]
    fn told_by_mark_or_by_zeros() {
        let text = "password = \"hunter2\"\r\n";
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for mark in [false, true] {
                let transcoded = utf16(&encode(text, order, mark)).expect("UTF-16");
                assert_eq!(transcoded, text.as_bytes(), "{order:?} {mark}");
            }
        }
    }

    #[test]
    fn other_bytes_are_not_taken_for_it() {
        assert_eq!(utf16(b"plain text, long enough to judge"), None);
        assert_eq!(utf16(&[0; 256]), None);
        assert_eq!(utf16(b"\xff\xfe\0\0a\0\0\0"), None, "UTF-32");
        assert_eq!(utf16(b"a\0b\0"), None, "too short to tell");
        let elf: Vec<u8> = (0..512u32).flat_map(|number| (number * 7919).to_le_bytes()).collect();
        assert_eq!(utf16(&elf), None);
        assert_eq!(utf16(b""), None);
    }

    #[test]
    fn a_stream_is_transcoded_piece_by_piece() {
        let bytes = encode("one two three four", ByteOrder::Little, true);
        let order = byte_order(&bytes).expect("UTF-16");
        assert_eq!([transcode(&bytes[..10], order), transcode(&bytes[10..], order)].concat(), b"one two three four");
    }

    proptest! {
        #[test]
        fn text_and_offsets_come_back(text in "[ -~éß漢😀]{1,40}", little: bool) {
            let order = if little { ByteOrder::Little } else { ByteOrder::Big };
            let bytes = encode(&text, order, true);
            let transcoded = utf16(&bytes).expect("UTF-16");
            prop_assert_eq!(&transcoded, text.as_bytes());
            for (offset, _) in text.char_indices() {
                let original = original_offset(&bytes, &transcoded, offset);
                let rest = String::from_utf8(transcode(&bytes[original..], order)).expect("UTF-8");
                prop_assert_eq!(&rest, &text[offset..]);
            }
            prop_assert_eq!(original_offset(&bytes, &transcoded, transcoded.len()), bytes.len());
        }

        #[test]
        fn no_bytes_can_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..100), offset in 0usize..200) {
            if let Some(transcoded) = utf16(&bytes) {
                prop_assert!(original_offset(&bytes, &transcoded, offset) <= bytes.len());
            }
        }
    }
}

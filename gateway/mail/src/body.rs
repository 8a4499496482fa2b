//! The octets of a message: where DATA ends (RFC 5321 section 4.5.2: at CRLF.CRLF and nowhere
//! else), which octets may be in it, and how long its lines are. Pure: no I/O.

use memchr::memchr3;

use crate::Reply;

/// What is wrong with the octets of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A CR without its LF, an LF without its CR, or a NUL: what another server could read
    /// as the end of the message, or not at all.
    Octets,
    /// A line longer than allowed.
    Line,
    /// An octet above 127 where `BODY=8BITMIME` was not said.
    EightBit,
}

impl Fault {
    pub(crate) fn reply(self) -> Reply {
        match self {
            Self::Octets => Reply::new(
                550,
                (6, 11),
                "the message has a bare CR, a bare LF or a NUL in it; send lines that end in CRLF",
            ),
            Self::Line => Reply::new(
                554,
                (6, 0),
                "a line of the message is too long; encode it as quoted-printable or base64",
            ),
            Self::EightBit => Reply::new(
                554,
                (6, 3),
                "the message has 8-bit octets in it; say BODY=8BITMIME, or encode it",
            ),
        }
    }
}

/// What one feed came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fed {
    /// Octets of the input that belong to the message.
    pub used: usize,
    /// Whether the message has ended with them.
    pub ended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a line, which only CRLF makes.
    Start,
    /// Within a line.
    Text,
    /// A CR came.
    Cr,
    /// The line's first octet is a dot.
    Dot,
    /// The line's first octets are a dot and a CR.
    DotCr,
}

/// Reads a message as its octets come, in pieces of any size.
#[derive(Debug)]
pub(crate) struct Scanner {
    dots: bool,
    state: State,
    line: usize,
    longest_line: usize,
    eight_bit: bool,
    size: u64,
    fault: Option<Fault>,
}

impl Scanner {
    /// For DATA: dots are unstuffed, and CRLF.CRLF ends it.
    pub(crate) const fn data(longest_line: usize, eight_bit: bool) -> Self {
        Self {
            dots: true,
            state: State::Start,
            line: 0,
            longest_line,
            eight_bit,
            size: 0,
            fault: None,
        }
    }

    /// For BDAT (RFC 3030): dots are text, and counting ends it.
    pub(crate) const fn chunks(longest_line: usize, eight_bit: bool) -> Self {
        Self {
            dots: false,
            ..Self::data(longest_line, eight_bit)
        }
    }

    /// Octets of the message so far, without stuffed dots (RFC 1870 section 4).
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// The first thing wrong so far.
    pub(crate) const fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Reads `input` up to the message's end and appends its text to `out`; after a fault it
    /// goes on to look for the end, but appends no more.
    pub(crate) fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) -> Fed {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            match (self.state, byte) {
                (State::Start, b'.') if self.dots => {
                    self.state = State::Dot;
                    at += 1;
                }
                (State::Dot, b'\r') => {
                    self.state = State::DotCr;
                    at += 1;
                }
                (State::DotCr, b'\n') => {
                    return Fed {
                        used: at + 1,
                        ended: true,
                    };
                }
                (State::Cr, b'\n') => {
                    self.append(b"\r\n", out);
                    self.state = State::Start;
                    self.line = 0;
                    at += 1;
                }
                // The CR that came before this octet was a bare one.
                (State::Cr | State::DotCr, _) => {
                    self.found(Fault::Octets);
                    self.state = State::Text;
                }
                // The dot that came before this octet was stuffing.
                (State::Dot, _) => self.state = State::Text,
                (State::Start | State::Text, _) => {
                    at += self.text(input.get(at..).unwrap_or_default(), out);
                }
            }
        }
        Fed {
            used: at,
            ended: false,
        }
    }

    /// Ends a message sent in chunks.
    pub(crate) fn end(&mut self) {
        if self.state == State::Cr {
            self.found(Fault::Octets);
        }
    }

    /// Takes octets up to the next that needs a thought, and that one; says how many.
    fn text(&mut self, input: &[u8], out: &mut Vec<u8>) -> usize {
        let stop = memchr3(b'\r', b'\n', 0, input).unwrap_or(input.len());
        let text = input.get(..stop).unwrap_or_default();
        self.line += text.len();
        if self.line + 2 > self.longest_line {
            self.found(Fault::Line);
        }
        if !self.eight_bit && !text.is_ascii() {
            self.found(Fault::EightBit);
        }
        self.append(text, out);
        self.state = State::Text;
        match input.get(stop) {
            Some(b'\r') => self.state = State::Cr,
            Some(_) => self.found(Fault::Octets),
            None => {}
        }
        (stop + 1).min(input.len())
    }

    fn append(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        self.size = self.size.saturating_add(octets.len() as u64);
        if self.fault.is_none() {
            out.extend_from_slice(octets);
        }
    }

    const fn found(&mut self, fault: Fault) {
        if self.fault.is_none() {
            self.fault = Some(fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds `input` in pieces of `step`: the text, the fault, and what is left after the end.
    fn read(input: &[u8], step: usize) -> (Vec<u8>, Option<Fault>, Option<Vec<u8>>) {
        let mut scanner = Scanner::data(1000, false);
        let (mut out, mut at) = (Vec::new(), 0);
        for piece in input.chunks(step) {
            let fed = scanner.feed(piece, &mut out);
            at += fed.used;
            if fed.ended {
                return (out, scanner.fault(), Some(input[at..].to_vec()));
            }
        }
        (out, scanner.fault(), None)
    }

    #[test]
    fn dots_are_unstuffed_wherever_the_segments_are_cut() {
        let input = b"..a\r\n.b\r\n...\r\nc.\r\n..\r\n.\r\nrest";
        for step in 1..=input.len() {
            let (out, fault, rest) = read(input, step);
            assert_eq!(out, b".a\r\nb\r\n..\r\nc.\r\n.\r\n", "in pieces of {step}");
            assert_eq!(fault, None);
            assert_eq!(rest.as_deref(), Some(&b"rest"[..]));
        }
    }

    #[test]
    fn an_empty_message_ends_at_once() {
        assert_eq!(read(b".\r\n", 1), (Vec::new(), None, Some(Vec::new())));
    }

    #[test]
    fn no_other_sequence_ends_a_message() {
        let ends: &[&[u8]] = &[
            b"\n.\n",
            b"\n.\r\n",
            b"\r\n.\n",
            b"\r.\r",
            b"\r\n.\r",
            b"\r.\r\n",
            b"\r\n.\r\r\n",
            b"\r\r\n.\r\r\n",
            b"\n\n.\r\n",
            b"\r\n\n.\r\n",
            b"\r\n\0.\r\n",
            b"\r\n.\0\r\n",
            b"\r\0\n.\r\n",
            b"\r\n.\r\0\n",
            b"\n\r.\r\n",
            b"\r\n\r.\r\n",
            b"\n.\r",
        ];
        for end in ends {
            let input = [b"a", *end, b"MAIL FROM:<x@y.example>\r\n.\r\nafter"].concat();
            for step in 1..=input.len() {
                let (out, fault, rest) = read(&input, step);
                assert_eq!(fault, Some(Fault::Octets), "{end:?} in pieces of {step}");
                assert_eq!(rest.as_deref(), Some(&b"after"[..]), "{end:?}");
                assert!(
                    out.len() <= 4,
                    "nothing is appended after the fault: {out:?}"
                );
            }
        }
    }

    #[test]
    fn long_lines_and_eight_bits_are_found() {
        let line = |octets: usize| [&vec![b'a'; octets][..], b"\r\n.\r\n"].concat();
        assert_eq!(read(&line(998), 7).1, None);
        assert_eq!(read(&line(999), 7).1, Some(Fault::Line));
        assert_eq!(read("é\r\n.\r\n".as_bytes(), 1).1, Some(Fault::EightBit));
    }

    #[test]
    fn in_chunks_a_dot_is_text_and_a_last_cr_is_bare() {
        let mut scanner = Scanner::chunks(1000, true);
        let mut out = Vec::new();
        let fed = scanner.feed(b"..a\r\n.\r\nb\r", &mut out);
        assert!(!fed.ended);
        assert_eq!(out, b"..a\r\n.\r\nb");
        assert_eq!(scanner.fault(), None);
        scanner.end();
        assert_eq!(scanner.fault(), Some(Fault::Octets));
    }

    proptest! {
        #[test]
        fn any_text_comes_back_whole_in_any_pieces(
            lines in prop::collection::vec("[ -~]{0,20}|\\.{1,3}", 0..8),
            step in 1_usize..9,
        ) {
            let text: String = lines.iter().flat_map(|line| [line, "\r\n"]).collect();
            let dot = |line: &String| if line.starts_with('.') { "." } else { "" };
            let stuffed: String =
                lines.iter().flat_map(|line| [dot(line), line, "\r\n"]).collect();
            let (out, fault, rest) = read(format!("{stuffed}.\r\nQUIT").as_bytes(), step);
            prop_assert_eq!(out, text.into_bytes());
            prop_assert_eq!(fault, None);
            prop_assert_eq!(rest, Some(b"QUIT".to_vec()));
        }

        #[test]
        fn pieces_make_no_difference_and_what_is_whole_has_only_crlf(
            input in prop::collection::vec(prop::sample::select(b"\r\n.a\0\xe9".to_vec()), 0..40),
            step in 1_usize..9,
        ) {
            let whole = read(&input, input.len().max(1));
            let pieces = read(&input, step);
            prop_assert_eq!((pieces.1, &pieces.2), (whole.1, &whole.2));
            prop_assert!(whole.1.is_some() || pieces.0 == whole.0);
            if let (out, None, Some(_)) = whole {
                let text = String::from_utf8(out).unwrap().replace("\r\n", "");
                prop_assert!(!text.contains(['\r', '\n', '\0']));
            }
        }
    }
}

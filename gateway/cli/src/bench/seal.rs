//! `seal`: an item sealed and its key wrapped for its readers, and opened again by one of them,
//! beside plain age to the same readers and SHA-256 of the same bytes. Of little content the
//! envelopes are the work, and an item has two, so that a reader can be added or taken away without
//! it: beside plain age with as many, and with one to see what the second costs.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write};

use anyhow::Context as _;
use gateway_seal::{
    Digesting, Identity, ItemKey, Recipient, open_body, open_plain, seal_body, seal_plain, unwrap,
    wrap,
};
use secrecy::ExposeSecret as _;

use super::Setup;
use super::figure::Figure;
use super::memory;
use super::times::{Times, Watch, count};
use crate::progress;

const NAME: &str = "seal";
const MIB: u64 = 1024 * 1024;
/// Size in bytes, in words, and how often.
const SIZES: [(u64, &str, usize); 3] = [
    (1024, "1 KB", 400),
    (MIB, "1 MiB", 60),
    (64 * MIB, "64 MiB", 5),
];
const LARGE: (u64, &str, usize) = (1024 * MIB, "1 GiB", 1);
/// Content of which the envelopes are the work, bytes.
const LITTLE: u64 = 64 * 1024;
const PEER: &str = "plain age + SHA-256";
const SAME_PEER: &str = "plain age + SHA-256, as many envelopes";

/// Measures.
pub fn run(setup: &Setup) -> anyhow::Result<Vec<Figure>> {
    let bar = progress::bar("seal");
    let (widest, words, _) = if setup.large { LARGE } else { SIZES[2] };
    // First: what the rest leaves in the heap would hide what this takes.
    let mut figures = vec![resident(setup, widest, words)?];
    let sizes = SIZES.into_iter().chain(setup.large.then_some(LARGE));
    for (bytes, words, often) in sizes {
        for readers in [1, 10] {
            bar.inc(1);
            let bytes = sized(setup, bytes);
            let often = setup.times(often).min(often);
            figures.extend(Case::new(readers, bytes, words)?.measure(often)?);
        }
    }
    bar.finish_and_clear();
    Ok(figures)
}

/// The full size; in tests of the form, less.
fn sized(setup: &Setup, bytes: u64) -> u64 {
    match setup.divisor {
        1 => bytes,
        _ => bytes.min(4096),
    }
}

/// Sealed at one end of a pipe and opened at the other: neither end may keep it.
fn resident(setup: &Setup, bytes: u64, words: &str) -> anyhow::Result<Figure> {
    let key = ItemKey::generate();
    let bytes = sized(setup, bytes);
    let (done, rose) = memory::rise(|| -> anyhow::Result<()> {
        let (out, into) = io::pipe()?;
        std::thread::scope(|scope| {
            let sealing = scope.spawn(|| -> anyhow::Result<()> {
                let mut clear = Digesting::new(content(bytes));
                let mut writer = seal_body(&key, into)?;
                io::copy(&mut clear, &mut writer)?;
                drop(writer.finish()?);
                Ok(())
            });
            let mut clear = Digesting::new(open_body(&key, out)?);
            io::copy(&mut clear, &mut io::sink())?;
            sealing.join().ok().context("sealing stopped")?
        })
    });
    done?;
    let rose = rose.context("the system does not tell how much memory is resident")?;
    let case = format!("resident above idle, {words} sealed and opened");
    Ok(Figure::value(NAME, case, rose, "MiB")
        .beside("limit", 64.0)
        .target("< 64 MiB", rose < 64.0))
}

struct Case<'a> {
    readers: Vec<Identity>,
    recipients: Vec<Recipient>,
    bytes: u64,
    words: &'a str,
}

impl<'a> Case<'a> {
    fn new(readers: usize, bytes: u64, words: &'a str) -> anyhow::Result<Self> {
        let readers: Vec<Identity> = (0..readers)
            .map(|_| Identity::generate())
            .collect::<Result<_, _>>()?;
        let recipients = readers
            .iter()
            .map(Identity::to_recipient)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            readers,
            recipients,
            bytes,
            words,
        })
    }

    fn measure(&self, often: usize) -> anyhow::Result<Vec<Figure>> {
        let reader = self.readers.first().context("no reader")?;
        // What is opened lies in a file, as bodies do; what is sealed goes nowhere, so that no
        // disk is measured.
        let (mut sealed, mut plain) = (tempfile::tempfile()?, tempfile::tempfile()?);
        let wraps = self.seal(io::BufWriter::new(&mut sealed))?;
        let wrap = wraps.first().context("no wrap")?;
        let clear = content(self.bytes);
        seal_plain(&self.recipients, clear, io::BufWriter::new(&mut plain))?;
        let (mut seal, mut peer_seal) = (Vec::new(), Vec::new());
        let (mut seal_same, mut open_same) = (Vec::new(), Vec::new());
        let same = self.envelopes()?;
        let (mut open, mut peer_open) = (Vec::new(), Vec::new());
        // In turns, so that what else the machine does falls on both.
        for _ in 0..often {
            let mut watch = Watch::start();
            self.seal(io::sink())?;
            seal.push(watch.lap());
            seal_plain(&self.recipients, content(self.bytes), io::sink())?;
            peer_seal.push(watch.lap());
            self.envelopes()?;
            seal_same.push(watch.lap());
            sealed.rewind()?;
            plain.rewind()?;
            let mut watch = Watch::start();
            self.open(reader, wrap, &mut sealed)?;
            open.push(watch.lap());
            open_plain(reader, &mut plain, io::sink())?;
            peer_open.push(watch.lap());
            if let Some(same) = &same {
                same.open(reader)?;
                open_same.push(watch.lap());
            }
        }
        let (seal, open) = (Times::of(seal), Times::of(open));
        let one_seal = self.figure("seal", &seal, PEER, peer_seal)?;
        let one_open = self.figure("open", &open, PEER, peer_open)?;
        if same.is_none() {
            return Ok(vec![one_seal.at_least(0.8), one_open.at_least(0.8)]);
        }
        let seal = self.figure("seal", &seal, SAME_PEER, seal_same)?;
        let open = self.figure("open", &open, SAME_PEER, open_same)?;
        let (seal, open) = (seal.at_least(0.8), open.at_least(0.8));
        Ok(vec![seal, one_seal, open, one_open])
    }

    /// What plain age does for the same result: the content to a key of its own, and that to each
    /// reader. None where the content is more than little.
    fn envelopes(&self) -> anyhow::Result<Option<Envelopes>> {
        if self.bytes > LITTLE {
            return Ok(None);
        }
        let key = Identity::generate_classic();
        let mut body = Vec::new();
        seal_plain(&[key.to_recipient()?], content(self.bytes), &mut body)?;
        let text = key.to_text()?;
        let mut wraps = Vec::new();
        for reader in &self.recipients {
            let (text, mut wrap) = (text.expose_secret().as_bytes(), Vec::new());
            seal_plain(std::slice::from_ref(reader), text, &mut wrap)?;
            wraps.push(wrap);
        }
        Ok(Some(Envelopes { body, wraps }))
    }

    fn seal(&self, sealed: impl Write) -> anyhow::Result<Vec<Vec<u8>>> {
        let key = ItemKey::generate();
        let mut clear = Digesting::new(content(self.bytes));
        let mut writer = seal_body(&key, sealed)?;
        io::copy(&mut clear, &mut writer)?;
        writer.finish()?;
        let wraps = self.recipients.iter().map(|reader| wrap(&key, reader));
        Ok(wraps.collect::<Result<_, _>>()?)
    }

    fn open(&self, reader: &Identity, wrap: &[u8], sealed: &mut File) -> anyhow::Result<()> {
        let key = unwrap(reader, wrap)?;
        let mut clear = Digesting::new(open_body(&key, sealed)?);
        io::copy(&mut clear, &mut io::sink())?;
        let digest = clear.finish().1;
        anyhow::ensure!(digest.bytes == self.bytes, "a body that opened short");
        Ok(())
    }

    fn figure(
        &self,
        what: &str,
        ours: &Times,
        name: &str,
        peer: Vec<f64>,
    ) -> anyhow::Result<Figure> {
        let peer = Times::of(peer);
        let mb = count(usize::try_from(self.bytes)?) / 1e6;
        let speed = |times: &Times| mb / times.median() * 1e6;
        let readers = match self.readers.len() {
            1 => "1 reader".to_owned(),
            many => format!("{many} readers"),
        };
        let case = format!("{what} {}, {readers}", self.words);
        let figure = Figure::value(NAME, case, speed(ours), "MB/s")
            .with_times(ours)
            .beside(name, speed(&peer));
        Ok(Figure {
            rate: Some(ours.rate()),
            ..figure
        })
    }
}

/// Content sealed by plain age to a key of its own, and that key to each reader.
struct Envelopes {
    body: Vec<u8>,
    wraps: Vec<Vec<u8>>,
}

impl Envelopes {
    /// Opens both, as the first reader.
    fn open(&self, reader: &Identity) -> anyhow::Result<()> {
        let wrap = self.wraps.first().context("no wrap")?;
        let mut text = Vec::new();
        open_plain(reader, wrap.as_slice(), &mut text)?;
        let key: Identity = std::str::from_utf8(&text)?.parse()?;
        open_plain(&key, self.body.as_slice(), io::sink())?;
        Ok(())
    }
}

/// So many bytes.
fn content(bytes: u64) -> impl Read {
    io::repeat(0x5a).take(bytes)
}

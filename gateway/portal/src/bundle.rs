//! A ZIP that is made as it is sent: nothing of it is ever whole in memory, and nothing of it
//! touches the disk. What breaks off in the middle arrives as a failed download, not as a ZIP.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use tokio::sync::mpsc;

/// The longest name in a folder, characters.
const LONGEST: usize = 100;
/// Names that Windows takes for devices, whatever comes after a dot.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// What takes the pieces.
pub(crate) type Sink = mpsc::Sender<io::Result<Bytes>>;

/// What was written and not sent yet.
#[derive(Debug, Clone, Default)]
struct Pending(Arc<Mutex<Vec<u8>>>);

impl Pending {
    fn taken(&self) -> Vec<u8> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *bytes)
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A ZIP on its way.
pub(crate) struct Bundle {
    archive: ZipArchiveWriter<Pending>,
    pending: Pending,
    sink: Sink,
    names: BTreeSet<String>,
}

impl Bundle {
    /// One that is sent there.
    pub(crate) fn new(sink: Sink) -> Self {
        let pending = Pending::default();
        Self {
            archive: ZipArchiveWriter::new(pending.clone()),
            pending,
            sink,
            names: BTreeSet::new(),
        }
    }

    /// Adds a file as it comes.
    pub(crate) async fn file(
        &mut self,
        folder: &str,
        name: &str,
        mut chunks: mpsc::Receiver<io::Result<Bytes>>,
    ) -> io::Result<()> {
        let path = self.path(folder, name);
        let entry = self.archive.new_file(path.as_str());
        let entry = entry.compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = entry.start().map_err(io::Error::other)?;
        let encoder = DeflateEncoder::new(&mut entry, Compression::fast());
        let mut data = config.wrap(encoder);
        while let Some(chunk) = chunks.recv().await {
            data.write_all(&chunk?)?;
            send(&self.sink, &self.pending).await?;
        }
        let (encoder, descriptor) = data.finish().map_err(io::Error::other)?;
        encoder.finish()?;
        entry.finish(descriptor).map_err(io::Error::other)?;
        send(&self.sink, &self.pending).await
    }

    /// Adds a short text.
    pub(crate) async fn text(&mut self, folder: &str, name: &str, text: String) -> io::Result<()> {
        let (sender, receiver) = mpsc::channel(1);
        // There is room for it.
        let _ = sender.try_send(Ok(Bytes::from(text)));
        drop(sender);
        self.file(folder, name, receiver).await
    }

    /// Ends it: without this it is no ZIP.
    pub(crate) async fn finish(self) -> io::Result<()> {
        self.archive.finish().map_err(io::Error::other)?;
        send(&self.sink, &self.pending).await
    }

    /// A path of its own. The folder is ours; the name is somebody else's.
    fn path(&mut self, folder: &str, name: &str) -> String {
        let name = safe(name);
        let place = |name: &str| match folder {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        let (stem, end) = match name.rsplit_once('.') {
            Some((stem, end)) if !stem.is_empty() => (stem, format!(".{end}")),
            Some(_) | None => (name.as_str(), String::new()),
        };
        let mut path = place(&name);
        let mut n = 2;
        // Some file systems take large and small letters for the same.
        while !self.names.insert(path.to_lowercase()) {
            path = place(&format!("{stem} ({n}){end}"));
            n += 1;
        }
        path
    }
}

/// Sends what was written.
async fn send(sink: &Sink, pending: &Pending) -> io::Result<()> {
    let bytes = pending.taken();
    if bytes.is_empty() {
        return Ok(());
    }
    let sent = sink.send(Ok(Bytes::from(bytes))).await;
    sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
}

/// A file's name that is a name on every system: no place, no device, nothing hidden, nothing
/// that turns letters around.
pub(crate) fn safe(name: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let plain: String = name
        .chars()
        .filter(|c| !turns(*c))
        .map(|c| match c.is_control() || "/\\:*?\"<>|".contains(c) {
            true => '_',
            false => c,
        })
        .collect();
    let plain = plain.trim_start_matches(['.', ' ']);
    let plain = shortened(plain);
    let plain = plain.trim_end_matches(['.', ' ']);
    let stem = plain.split('.').next().unwrap_or_default().trim();
    match plain {
        "" => "item".to_owned(),
        plain if DEVICES.contains(&stem.to_lowercase().as_str()) => format!("_{plain}"),
        plain => plain.to_owned(),
    }
}

/// No longer than is taken everywhere, with what it ends in.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let end = name.rsplit_once('.').map(|(_, end)| end);
    match end.filter(|end| end.chars().count() <= 10) {
        Some(end) => {
            let left = LONGEST - end.chars().count() - 1;
            let stem: String = name.chars().take(left).collect();
            format!("{stem}.{end}")
        }
        None => name.chars().take(LONGEST).collect(),
    }
}

#[cfg(test)]
mod tests {
    use rawzip::ZipArchive;

    use super::*;

    #[test]
    fn a_name_is_no_way_out_of_its_folder() {
        for (name, expected) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..", "item"),
            ("C:\\Windows\\x.exe", "C__Windows_x.exe"),
            ("/abs", "_abs"),
            ("nul.txt", "_nul.txt"),
            ("COM1", "_COM1"),
            (".hidden", "hidden"),
            ("trailing. . ", "trailing"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("line\nbreak", "line_break"),
            ("", "item"),
        ] {
            assert_eq!(safe(name), expected, "{name:?}");
        }
        let long = safe(&format!("{}.pdf", "x".repeat(300)));
        assert_eq!((long.len(), long.ends_with("x.pdf")), (LONGEST, true));
        assert_eq!(safe(&"é".repeat(300)).chars().count(), LONGEST);
    }

    async fn zipped(make: impl AsyncFnOnce(&mut Bundle) -> io::Result<()>) -> Vec<u8> {
        let (sink, mut pieces) = mpsc::channel::<io::Result<Bytes>>(1);
        let gathered = tokio::spawn(async move {
            let mut all = Vec::new();
            while let Some(piece) = pieces.recv().await {
                all.extend_from_slice(&piece.unwrap());
            }
            all
        });
        let mut bundle = Bundle::new(sink);
        make(&mut bundle).await.unwrap();
        bundle.finish().await.unwrap();
        gathered.await.unwrap()
    }

    #[tokio::test]
    async fn a_zip_has_what_was_put_in_under_names_of_their_own() {
        let long = "seen at the gate\n".repeat(20_000);
        let bytes = zipped(async |bundle| {
            for text in ["one", "two", &long] {
                bundle.text("01", "Note.txt", text.to_owned()).await?;
            }
            bundle.text("", "index.txt", String::new()).await
        })
        .await;
        assert!(bytes.len() < long.len() / 10, "{}", bytes.len());
        let archive = ZipArchive::from_slice(&bytes).unwrap();
        let (mut names, mut entries) = (Vec::new(), archive.entries());
        while let Some(entry) = entries.next_entry().unwrap() {
            let name = entry.file_path();
            names.push(String::from_utf8_lossy(name.as_ref()).into_owned());
        }
        let expected = [
            "01/Note.txt",
            "01/Note (2).txt",
            "01/Note (3).txt",
            "index.txt",
        ];
        assert_eq!(names, expected);
    }

    #[tokio::test]
    async fn what_breaks_off_is_no_zip_and_nobody_waiting_ends_it() {
        let (sink, mut pieces) = mpsc::channel::<io::Result<Bytes>>(8);
        let mut bundle = Bundle::new(sink);
        let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(2);
        sender.send(Ok(Bytes::from_static(b"half"))).await.unwrap();
        let broken = io::Error::other("the store is away");
        sender.send(Err(broken)).await.unwrap();
        bundle.file("01", "a.txt", receiver).await.unwrap_err();
        pieces.close();
        while pieces.recv().await.is_some() {}
        let gone = bundle.text("01", "b.txt", "more".to_owned()).await;
        assert_eq!(gone.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}

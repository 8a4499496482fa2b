//! The parts of a Word file around its text, and their archive (ISO/IEC 29500-2).

use std::io::{self, Cursor, Write as _};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use gateway_forms::Definition;
use rawzip::{CompressionMethod, ZipArchiveWriter};

use crate::names::{FORM_PROPERTY, identity};
use crate::xml::{escape, paragraph, run};

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";

/// The file with a body in it.
///
/// # Errors
/// None is known: memory is written to.
pub(crate) fn package(form: &Definition, body: &str) -> io::Result<Vec<u8>> {
    let document = format!(
        "<w:document xmlns:w=\"{W}\" xmlns:r=\"{RELATIONS}\" xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" xmlns:w14=\"http://schemas.microsoft.com/office/word/2010/wordml\" mc:Ignorable=\"w14\"><w:body>{body}\
         <w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId3\"/><w:footerReference w:type=\"default\" r:id=\"rId4\"/>\
         <w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1134\" w:right=\"1000\" w:bottom=\"1134\" w:left=\"1000\" w:header=\"500\" w:footer=\"500\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>"
    );
    let marking = paragraph("Marking", &run(None, &form.marking));
    let footer = format!(
        "{marking}{}",
        paragraph(
            "Foot",
            &format!(
                "{}<w:fldSimple w:instr=\" PAGE \"><w:r><w:t>1</w:t></w:r></w:fldSimple>",
                run(
                    None,
                    &format!("{}, version {}. Page ", form.title, form.version)
                )
            )
        )
    );
    let parts = [
        ("[Content_Types].xml", types()),
        (
            "_rels/.rels",
            relations(&[
                (&format!("{RELATIONS}/officeDocument"), "word/document.xml"),
                (
                    &format!("{PACKAGE}/relationships/metadata/core-properties"),
                    "docProps/core.xml",
                ),
                (
                    &format!("{RELATIONS}/custom-properties"),
                    "docProps/custom.xml",
                ),
            ]),
        ),
        (
            "word/_rels/document.xml.rels",
            relations(&[
                (&format!("{RELATIONS}/styles"), "styles.xml"),
                (&format!("{RELATIONS}/settings"), "settings.xml"),
                (&format!("{RELATIONS}/header"), "header.xml"),
                (&format!("{RELATIONS}/footer"), "footer.xml"),
            ]),
        ),
        ("docProps/core.xml", core(form)),
        ("docProps/custom.xml", custom(form)),
        ("word/document.xml", document),
        ("word/styles.xml", include_str!("styles.xml").to_owned()),
        (
            "word/settings.xml",
            format!(
                "<w:settings xmlns:w=\"{W}\"><w:zoom w:percent=\"100\"/><w:compat><w:compatSetting w:name=\"compatibilityMode\" w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat><w:themeFontLang w:val=\"en-GB\"/></w:settings>"
            ),
        ),
        (
            "word/header.xml",
            format!("<w:hdr xmlns:w=\"{W}\">{marking}</w:hdr>"),
        ),
        (
            "word/footer.xml",
            format!("<w:ftr xmlns:w=\"{W}\">{footer}</w:ftr>"),
        ),
    ];
    archive(&parts)
}

fn archive(parts: &[(&str, String)]) -> io::Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, part) in parts {
        let file = archive.new_file(*name);
        let file = file.compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().map_err(io::Error::other)?;
        let deflate = DeflateEncoder::new(&mut entry, Compression::default());
        let mut writer = config.wrap(deflate);
        writer.write_all(XML.as_bytes())?;
        writer.write_all(part.as_bytes())?;
        let (deflate, output) = writer.finish().map_err(io::Error::other)?;
        deflate.finish()?;
        entry.finish(output).map_err(io::Error::other)?;
    }
    archive.finish().map_err(io::Error::other)?;
    Ok(bytes.into_inner())
}

fn types() -> String {
    let parts = [
        ("word/document.xml", format!("{WORD}.document.main+xml")),
        ("word/styles.xml", format!("{WORD}.styles+xml")),
        ("word/settings.xml", format!("{WORD}.settings+xml")),
        ("word/header.xml", format!("{WORD}.header+xml")),
        ("word/footer.xml", format!("{WORD}.footer+xml")),
        (
            "docProps/core.xml",
            "application/vnd.openxmlformats-package.core-properties+xml".to_owned(),
        ),
        (
            "docProps/custom.xml",
            "application/vnd.openxmlformats-officedocument.custom-properties+xml".to_owned(),
        ),
    ];
    let parts: Vec<String> = parts
        .iter()
        .map(|(part, kind)| format!("<Override PartName=\"/{part}\" ContentType=\"{kind}\"/>"))
        .collect();
    format!(
        "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>{}</Types>",
        parts.concat()
    )
}

fn relations(of: &[(&str, &str)]) -> String {
    let all: Vec<String> = of
        .iter()
        .enumerate()
        .map(|(n, (kind, target))| {
            let id = n + 1;
            format!("<Relationship Id=\"rId{id}\" Type=\"{kind}\" Target=\"{target}\"/>")
        })
        .collect();
    format!(
        "<Relationships xmlns=\"{PACKAGE}/relationships\">{}</Relationships>",
        all.concat()
    )
}

fn core(form: &Definition) -> String {
    let title = escape(&format!("{}: {}", form.title, form.about));
    format!(
        "<cp:coreProperties xmlns:cp=\"{PACKAGE}/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>{title}</dc:title><dc:language>en-GB</dc:language></cp:coreProperties>"
    )
}

fn custom(form: &Definition) -> String {
    let value = escape(&identity(&form.id, &form.version));
    format!(
        "<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/custom-properties\" xmlns:vt=\"http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes\"><property fmtid=\"{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}\" pid=\"2\" name=\"{FORM_PROPERTY}\"><vt:lpwstr>{value}</vt:lpwstr></property></Properties>"
    )
}

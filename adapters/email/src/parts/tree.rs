//! The tree of entities, cut once, within the limits. A mail within a mail is cut too, so
//! that its parts and depth count, and then kept whole.

use crate::entity::Entity;
use crate::limits::{Limits, Refused};
use crate::{multipart, transfer};

/// A body of more encoded bytes than this says something, whatever its encoding.
const SAYS_SOMETHING: usize = 4096;

/// An entity and what is in it.
pub(super) struct Node<'x> {
    pub(super) entity: Entity<'x>,
    pub(super) media_type: String,
    /// The parts of a multipart that could be cut.
    pub(super) children: Option<Vec<Node<'x>>>,
    /// The closing boundary was there.
    pub(super) closed: bool,
    /// How deep it is.
    pub(super) depth: usize,
}

impl<'x> Node<'x> {
    /// The tree below `root`, which is `depth` deep itself.
    pub(super) fn grow(
        root: &Entity<'x>,
        depth: usize,
        counter: &mut Counter,
    ) -> Result<Self, Refused> {
        counter.node(root.clone(), "text/plain", depth)
    }

    /// The kind of multipart, where it was cut.
    pub(super) fn multipart(&self) -> Option<(&str, &[Node<'x>])> {
        let children = self.children.as_deref()?;
        let subtype = self
            .media_type
            .split_once('/')
            .map_or("", |(_, subtype)| subtype);
        Some((subtype, children))
    }

    /// It holds a text of that type that says something.
    pub(super) fn holds(&self, wanted: &str) -> bool {
        match &self.children {
            Some(children) => children.iter().any(|child| child.holds(wanted)),
            None => self.media_type == wanted && !self.is_attachment() && self.says_something(),
        }
    }

    fn says_something(&self) -> bool {
        let body = self.entity.body;
        body.len() > SAYS_SOMETHING || {
            let decoded = transfer::decode(&self.entity).bytes;
            decoded.iter().any(|b| !b.is_ascii_whitespace())
        }
    }

    /// It is said to be an attachment. An unknown disposition is one (RFC 2183, 2.8).
    pub(super) fn is_attachment(&self) -> bool {
        let disposition = self.entity.typed("Content-Disposition");
        disposition.is_some_and(|read| !read.ctype().eq_ignore_ascii_case("inline"))
    }
}

/// Counts all that is in a mail, against the limits.
pub(super) struct Counter {
    limits: Limits,
    count: usize,
}

impl Counter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            count: 0,
        }
    }

    /// How many more there may be.
    pub(super) fn left(&self) -> usize {
        self.limits.parts.saturating_sub(self.count)
    }

    /// Counts a mail within the mail, and all that is in that.
    pub(super) fn mail(&mut self, raw: &[u8], depth: usize) -> Result<(), Refused> {
        let inner = Entity::read(raw, self.limits.header_bytes)?;
        self.node(inner, "text/plain", depth)?;
        Ok(())
    }

    /// There are more than may be.
    pub(super) fn too_many(&self) -> Refused {
        Refused::Parts {
            max: self.limits.parts,
        }
    }

    fn node<'x>(
        &mut self,
        entity: Entity<'x>,
        default: &str,
        depth: usize,
    ) -> Result<Node<'x>, Refused> {
        self.enter(depth)?;
        let media_type = entity.media_type(default);
        let mut node = Node {
            entity,
            media_type,
            children: None,
            closed: true,
            depth,
        };
        if let Some(subtype) = node.media_type.strip_prefix("multipart/") {
            let default = match subtype {
                "digest" => "message/rfc822",
                _ => "text/plain",
            };
            if let Some(cut) = self.cut(&node.entity)? {
                node.closed = cut.closed;
                let mut children = Vec::with_capacity(cut.parts.len());
                for raw in cut.parts {
                    let child = Entity::read(raw, self.limits.header_bytes)?;
                    children.push(self.node(child, default, depth + 1)?);
                }
                node.children = Some(children);
            }
        } else if matches!(
            node.media_type.as_str(),
            "message/rfc822" | "message/global"
        ) {
            self.mail(node.entity.body, depth + 1)?;
        }
        Ok(node)
    }

    /// One more entity, that deep.
    pub(super) fn enter(&mut self, depth: usize) -> Result<(), Refused> {
        self.count += 1;
        let deepest = self.limits.nesting.min(Limits::DEEPEST);
        if self.count > self.limits.parts {
            return Err(self.too_many());
        }
        if depth > deepest {
            return Err(Refused::Nesting { max: deepest });
        }
        Ok(())
    }

    /// The parts of a multipart; none where no boundary is named, or none is found.
    fn cut<'x>(&self, entity: &Entity<'x>) -> Result<Option<multipart::Cut<'x>>, Refused> {
        let boundary = entity.parameter("boundary");
        let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty()) else {
            return Ok(None);
        };
        let cut = multipart::cut(entity.body, &boundary, self.limits.parts)?;
        Ok(Some(cut).filter(|cut| !cut.parts.is_empty()))
    }
}

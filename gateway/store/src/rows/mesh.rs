//! NHS MESH: mailboxes, routes, what goes out and what has come in.

use crate::row::table;

table! {
    /// The mailbox of an agency; its id is the agency's.
    covered MeshMailboxRow "mesh_mailbox" {
        id: String,
        mailbox: String,
        created_at: i64,
        updated_by: String,
    }
}

table! {
    /// The channel by which an agency receives a kind of exchange: a form's id, or `exchange`.
    covered AgencyRouteRow "agency_route" {
        id: String,
        agency: String,
        kind: String,
        channel: String,
        created_at: i64,
        updated_by: String,
    }
}

table! {
    /// A message to be sent; its bytes, once they are built, are sealed.
    plain MeshOutRow "mesh_out" {
        id: String,
        kind: String,
        area: String,
        delivery: Option<String>,
        replies_to: Option<String>,
        withdraws: Option<String>,
        mailbox: String,
        workflow: String,
        local_id: String,
        header: String,
        key: Option<Vec<u8>>,
        body: Option<Vec<u8>>,
        blob: Option<String>,
        size: Option<i64>,
        upload: Option<String>,
        message: Option<String>,
        state: String,
        attempts: i64,
        next_at: i64,
        status: Option<String>,
        created_at: i64,
        sent_at: Option<i64>,
    }
}

table! {
    /// A message that was taken in, by MESH's id of it.
    plain MeshInRow "mesh_in" {
        id: String,
        sender: String,
        workflow: String,
        became: String,
        exchange: Option<String>,
        at: i64,
    }
}

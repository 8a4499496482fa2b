//! What a single point of contact does about the agency's people, and what nobody else can.

use gateway_core::{Channel, Role};
use gateway_flow::admin::NewPerson;
use gateway_flow::colleague::{Chosen, JoinError, Link, LinkPurpose, NewColleague, Reset, Right};
use gateway_flow::outgoing::{MailKind, mail_place};
use gateway_flow::sign_in::{Cost, hash};
use gateway_flow::{Caller, Flow, FlowError, SignInError, Standing};
use gateway_store::rows::{InvitationRow, MailOutRow, PersonRow};
use gateway_store::testing::{TestDb, each};
use jiff::SignedDuration;

use crate::sign_in::{code_of, here};
use crate::world::{World, agency, world};

const AT: &str = "southwark-housing";
const SPOC: &str = "spoc@southwark-housing.example";
const ZOE: &str = "zoe@southwark-housing.example";
const PASSWORD: &str = "kettle-orbit-mango";
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

pub async fn people(db: TestDb) -> World {
    let world = world(db).await;
    for (name, role) in [("deputy", Role::DeputySpoc), ("leaver", Role::Practitioner)] {
        add(&world.flow, name, role).await;
    }
    world
}

async fn add(flow: &Flow, name: &str, role: Role) {
    let new = NewPerson {
        agency: agency(AT),
        name: format!("Synthetic {name}"),
        email: format!("{name}@{AT}.example"),
        roles: vec![(role, false)],
        password_hash: Some(hash(PASSWORD, Cost::Demo).unwrap()),
        totp_secret: Some(SECRET.to_owned()),
    };
    flow.add_person(new).await.unwrap();
}

pub async fn caller(world: &World, at: &str, name: &str) -> Caller {
    Caller {
        channel: Channel::Portal,
        ..world.caller(at, Some(name)).await
    }
}

pub async fn spoc(world: &World) -> Caller {
    caller(world, AT, "spoc").await
}

pub async fn id_of(world: &World, name: &str) -> String {
    caller(world, AT, name).await.person.unwrap().id
}

pub fn zoe() -> NewColleague {
    NewColleague {
        name: "  Zoe   Placeholder ".to_owned(),
        email: ZOE.to_owned(),
        role: "practitioner".to_owned(),
    }
}

/// The tokens of the mails that wait to be sent, the oldest first; their purposes and addresses.
pub async fn mails(flow: &Flow) -> Vec<(String, String, String)> {
    let mut tx = flow.store.read().await.unwrap();
    let due = tx.mails_due(flow.clock.now().as_microsecond(), 100).await;
    drop(tx);
    let mut due: Vec<MailOutRow> = due.unwrap();
    due.retain(|row| row.kind == MailKind::Invitation.as_str());
    due.sort_by(|a, b| a.id.cmp(&b.id));
    let mut all = Vec::new();
    for row in due {
        assert!(row.exchange.is_none() && row.agency == AT);
        let open = async |column, sealed: &[u8]| {
            let place = mail_place(&row.area, &row.id, column);
            flow.vault.open_column(&place, sealed).await.unwrap()
        };
        let words = open("details", row.details.as_deref().unwrap()).await;
        let words: Vec<String> = serde_json::from_slice(&words).unwrap();
        let to = open("recipient", &row.recipient).await;
        let to = String::from_utf8(to.to_vec()).unwrap();
        all.push((words[0].clone(), words[1].clone(), to));
    }
    all
}

async fn secret(flow: &Flow, token: &str) -> String {
    match flow.link(token).await.unwrap() {
        Link::Open(open) => open.secret.to_string(),
        over @ (Link::Used | Link::Expired | Link::Withdrawn | Link::Unknown) => panic!("{over:?}"),
    }
}

/// Takes a link as somebody does who reads the page.
async fn take(flow: &Flow, token: &str, password: &str) -> Result<(), JoinError> {
    let secret = secret(flow, token).await;
    let code = code_of(&secret, flow.clock.now());
    take_with(flow, token, password, code).await
}

async fn take_with(
    flow: &Flow,
    token: &str,
    password: &str,
    code: String,
) -> Result<(), JoinError> {
    let password = password.to_owned().into();
    flow.take_link(token, Chosen { password, code }).await
}

async fn signs_in(flow: &Flow, email: &str, secret: &str) -> bool {
    assert!(flow.clock.advance(SignedDuration::from_secs(60)));
    let code = code_of(secret, flow.clock.now());
    match flow.sign_in(email, PASSWORD, &code).await {
        Ok(_) => true,
        Err(SignInError::Refused) => false,
        Err(other) => panic!("{other:?}"),
    }
}

/// What the coordinator is told of, the oldest first.
pub async fn told(world: &World) -> Vec<String> {
    let coordinator = caller(world, "london-coordination", "coordinator").await;
    let told = world.flow.told_to(&coordinator, None, 100).await.unwrap();
    let told = told
        .into_iter()
        .rev()
        .filter(|one| one.kind.starts_with("people-"));
    told.map(|one| {
        assert_eq!(one.agency.as_deref(), Some(AT));
        let words = [
            one.by.unwrap(),
            one.kind["people-".len()..].to_owned(),
            one.about.unwrap(),
        ];
        words.join(" ").replace("Synthetic ", "")
    })
    .collect()
}

fn faults(error: FlowError) -> Vec<String> {
    let FlowError::Invalid(faults) = error else {
        panic!("{error:?}")
    };
    faults.into_iter().map(|fault| fault.pointer).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_is_invited_joins_by_the_mail_and_signs_in() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        flow.invite(&spoc(&world).await, zoe()).await.unwrap();
        let [(token, purpose, to)] = &mails(flow).await[..] else {
            panic!("one mail")
        };
        assert_eq!((purpose.as_str(), to.as_str()), ("join", ZOE));
        assert!(flow.enrolled(ZOE).await.unwrap().is_none());
        let listed = flow.people(&spoc(&world).await).await.unwrap();
        assert_eq!(listed.invited[0].name.reveal(), "Zoe Placeholder");
        assert!(!listed.people.iter().any(|one| one.email.reveal() == ZOE));

        // A scanner's look, and another: nothing changes.
        let first = secret(flow, token).await;
        assert_eq!(secret(flow, token).await, first);
        let wrong = |error| match error {
            Err(JoinError::Wrong(faults)) => {
                faults.into_iter().map(|f| f.pointer).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        let bad = take_with(flow, token, "short", "000000".to_owned()).await;
        assert_eq!(wrong(bad), ["/password", "/code"]);
        let bad = take(flow, token, "Zoe@southwark-housing.example").await;
        assert_eq!(wrong(bad), ["/password"]);
        take(flow, token, PASSWORD).await.unwrap();
        let again = take_with(flow, token, PASSWORD, "000000".to_owned()).await;
        assert!(
            matches!(again, Err(JoinError::Over(Link::Used))),
            "{again:?}"
        );
        assert!(signs_in(flow, ZOE, &first).await);

        let mut tx = flow.store.read().await.unwrap();
        let row = tx.invitation_by_token(token).await.unwrap();
        assert!(row.is_none(), "the token itself is not kept");
        drop(tx);
        let listed = flow.people(&spoc(&world).await).await.unwrap();
        assert!(listed.invited.is_empty());
        let zoe = listed.people.iter().find(|one| one.email.reveal() == ZOE);
        let zoe = zoe.unwrap();
        assert_eq!(zoe.roles, [(Role::Practitioner, false)]);
        assert!(zoe.has_factor && !zoe.suspended && zoe.signed_in.is_some());
        let said = [
            "spoc invited Zoe Placeholder",
            "Zoe Placeholder joined Zoe Placeholder",
        ];
        assert_eq!(told(&world).await, said);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_that_joined_does_not_sign_in_as_well() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        flow.invite(&spoc(&world).await, zoe()).await.unwrap();
        let token = mails(flow).await.remove(0).0;
        let code = code_of(&secret(flow, &token).await, flow.clock.now());
        take_with(flow, &token, PASSWORD, code.clone())
            .await
            .unwrap();
        let used = flow.sign_in(ZOE, PASSWORD, &code).await;
        assert!(matches!(used, Err(SignInError::Refused)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_over_when_it_was_taken_back_replaced_or_its_time_has_passed() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        let by = spoc(&world).await;
        let link = async |token: &str| format!("{:?}", flow.link(token).await.unwrap());
        assert_eq!(link("nothing").await, "Unknown");
        flow.invite(&by, zoe()).await.unwrap();
        let first = mails(flow).await.remove(0).0;
        flow.invite(&by, zoe()).await.unwrap();
        // The first mail had not gone out: it does not go any more.
        let [(second, ..)] = &mails(flow).await[..] else {
            panic!("one mail")
        };
        assert_eq!(link(&first).await, "Withdrawn");
        assert!(
            flow.clock
                .advance(SignedDuration::from_hours(72) - SignedDuration::from_secs(1))
        );
        assert!(link(second).await.starts_with("Open"));
        assert!(flow.clock.advance(SignedDuration::from_secs(1)));
        assert_eq!(link(second).await, "Expired");
        let late = take_with(flow, second, PASSWORD, "000000".to_owned()).await;
        assert!(matches!(late, Err(JoinError::Over(Link::Expired))));

        let id = flow.people(&by).await.unwrap().invited[0].id.clone();
        let stranger = caller(&world, "met-police", "spoc").await;
        for (caller, id) in [(&stranger, id.as_str()), (&by, "nothing")] {
            let refused = flow.withdraw_invitation(caller, id).await;
            assert!(matches!(refused, Err(FlowError::NotFound)), "{refused:?}");
        }
        flow.withdraw_invitation(&by, &id).await.unwrap();
        let twice = flow.withdraw_invitation(&by, &id).await;
        assert!(matches!(twice, Err(FlowError::NotFound)));
        assert_eq!(link(second).await, "Withdrawn");
        assert!(flow.people(&by).await.unwrap().invited.is_empty());
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_take_a_link_at_once_one_does() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        flow.invite(&spoc(&world).await, zoe()).await.unwrap();
        let token = mails(flow).await.remove(0).0;
        let (one, two) = tokio::join!(take(flow, &token, PASSWORD), take(flow, &token, PASSWORD));
        assert_eq!([one, two].iter().filter(|done| done.is_ok()).count(), 1);
        assert!(flow.enrolled(ZOE).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_goes_to_a_new_work_address_with_a_role_that_may_be_given() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        let by = spoc(&world).await;
        let invite = async |name: &str, email: &str, role: &str| {
            let new = NewColleague {
                name: name.to_owned(),
                email: email.to_owned(),
                role: role.to_owned(),
            };
            faults(flow.invite(&by, new).await.unwrap_err())
        };
        assert_eq!(invite(" ", "", "").await, ["/name", "/email", "/role"]);
        for email in [
            "zoe",
            "zoe@gmail.example",
            "zoe@met-police.example",
            "zoe@x.gcsx.gov.uk",
            "zoe@southwark-housing.example.evil.example",
            "zoe@southwark-housing.example\n",
        ] {
            if email.trim() == ZOE {
                continue;
            }
            assert_eq!(
                invite("Zoe", email, "practitioner").await,
                ["/email"],
                "{email:?}"
            );
        }
        // Somebody who has an account.
        assert_eq!(
            invite("Lee", "Leaver@Southwark-Housing.example", "dpo").await,
            ["/email"]
        );
        for role in [
            "spoc",
            "auditor",
            "coordinator",
            "chair",
            "caldicott",
            "security",
            "operator",
        ] {
            assert_eq!(invite("Zoe", ZOE, role).await, ["/role"], "{role}");
        }
        assert!(mails(flow).await.is_empty() && told(&world).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_spoc_manages_people_and_the_deputy_in_an_absence() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        let by = spoc(&world).await;
        let deputy = caller(&world, AT, "deputy").await;
        let officer = caller(&world, AT, "officer").await;
        let leaver = id_of(&world, "leaver").await;
        for other in [&deputy, &officer, &world.caller(AT, None).await] {
            assert!(!flow.manages_people(other).await.unwrap());
            let refused = [
                flow.people(other).await.err(),
                flow.colleague(other, &leaver).await.err(),
                flow.invite(other, zoe()).await.err(),
                flow.suspend_colleague(other, &leaver).await.err(),
                flow.restore_colleague(other, &leaver).await.err(),
                flow.reset_factor(other, &leaver, reset()).await.err(),
                flow.end_deputy(other, "nothing").await.err(),
                flow.withdraw_invitation(other, "nothing").await.err(),
            ];
            for error in refused {
                assert!(matches!(error, Some(FlowError::Forbidden(_))), "{error:?}");
            }
        }
        assert_eq!(flow.people(&by).await.unwrap().right, Right::Spoc);
        let now = flow.clock.now();
        let until = now + SignedDuration::from_hours(24 * 14);
        flow.add_absence(SPOC, now, until).await.unwrap();
        let seen = flow.people(&deputy).await.unwrap();
        assert_eq!(seen.right, Right::Deputy);
        flow.invite(&deputy, zoe()).await.unwrap();
        // Not about the single point of contact, nor about their own time.
        let spoc_id = by.person.clone().unwrap().id;
        let named = flow.name_deputy(&deputy, &leaver, now, until).await;
        for refused in [flow.suspend_colleague(&deputy, &spoc_id).await, named] {
            assert!(
                matches!(refused, Err(FlowError::Forbidden(_))),
                "{refused:?}"
            );
        }
        assert!(!flow.manages_people(&officer).await.unwrap());
        assert!(flow.clock.set(until));
        assert!(!flow.manages_people(&deputy).await.unwrap());
        assert_eq!(told(&world).await, ["deputy invited Zoe Placeholder"]);
    }
}

fn reset() -> Reset {
    Reset {
        checked: "I saw her and her staff card in the office".to_owned(),
        password_too: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_agencys_people_are_not_there_and_nobody_changes_themself() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        let by = spoc(&world).await;
        let theirs = caller(&world, "met-police", "manager")
            .await
            .person
            .unwrap()
            .id;
        for id in [theirs.as_str(), "nothing", ""] {
            let refused = [
                flow.colleague(&by, id).await.err(),
                flow.suspend_colleague(&by, id).await.err(),
                flow.restore_colleague(&by, id).await.err(),
                flow.reset_factor(&by, id, reset()).await.err(),
            ];
            for error in refused {
                assert!(matches!(error, Some(FlowError::NotFound)), "{id} {error:?}");
            }
            let now = flow.clock.now();
            let until = now + SignedDuration::from_hours(24);
            let named = flow.name_deputy(&by, id, now, until).await;
            assert_eq!(faults(named.unwrap_err()), ["/person"]);
        }
        let own = by.person.clone().unwrap().id;
        for refused in [
            flow.suspend_colleague(&by, &own).await,
            flow.reset_factor(&by, &own, reset()).await,
        ] {
            assert!(
                matches!(refused, Err(FlowError::Forbidden(_))),
                "{refused:?}"
            );
        }
        assert!(told(&world).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_deputy_acts_for_the_time_and_no_longer() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        let by = spoc(&world).await;
        let officer = caller(&world, AT, "officer").await;
        let id = id_of(&world, "officer").await;
        let day = |n: i64| flow.clock.now() + SignedDuration::from_hours(24 * n);
        let (from, until) = (day(1), day(15));
        for (from, until, field) in [
            (day(2), day(2), "/until"),
            (day(2), day(1), "/until"),
            (day(-9), day(0), "/until"),
            (day(1), day(200), "/until"),
        ] {
            let wrong = flow.name_deputy(&by, &id, from, until).await;
            assert_eq!(faults(wrong.unwrap_err()), [field]);
        }
        flow.name_deputy(&by, &id, from, until).await.unwrap();
        let twice = flow.name_deputy(&by, &id, day(14), day(20)).await;
        assert_eq!(faults(twice.unwrap_err()), ["/from"]);
        assert!(!flow.manages_people(&officer).await.unwrap());
        assert!(flow.clock.set(from));
        assert!(flow.manages_people(&officer).await.unwrap());
        // Before the standing deputy, who was not named for this time.
        let mut tx = flow.store.read().await.unwrap();
        let now = flow.clock.now();
        let acts = gateway_vault::parties::in_post(&mut tx, AT, Role::Spoc, now).await;
        assert_eq!(acts.unwrap(), Some(id.clone()));
        drop(tx);
        flow.suspend_colleague(&officer, &id_of(&world, "leaver").await)
            .await
            .unwrap();
        let named = flow.people(&by).await.unwrap().deputies;
        assert!(named[0].begun && named[0].until == until);
        flow.end_deputy(&by, &named[0].id).await.unwrap();
        assert!(!flow.manages_people(&officer).await.unwrap());
        assert!(flow.people(&by).await.unwrap().deputies.is_empty());
        let mut tx = flow.store.read().await.unwrap();
        let spoc_id = by.person.clone().unwrap().id;
        let away = tx
            .absences(&spoc_id, flow.clock.now().as_microsecond())
            .await;
        assert!(away.unwrap().is_empty(), "she is back");
        drop(tx);
        // One that has not begun, taken back.
        let (from, until) = (day(3), day(4));
        flow.name_deputy(&by, &id, from, until).await.unwrap();
        let named = flow.people(&by).await.unwrap().deputies.remove(0).id;
        flow.end_deputy(&by, &named).await.unwrap();
        assert!(flow.clock.set(from));
        assert!(!flow.manages_people(&officer).await.unwrap());
        let said = [
            "spoc deputy-named officer",
            "officer suspended leaver",
            "spoc deputy-ended officer",
            "spoc deputy-named officer",
            "spoc deputy-ended officer",
        ];
        assert_eq!(told(&world).await, said);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_ends_factor_and_sessions_and_the_link_sets_it_anew() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        let by = spoc(&world).await;
        let email = format!("leaver@{AT}.example");
        let leaver = id_of(&world, "leaver").await;
        let code = code_of(SECRET, flow.clock.now());
        let open = flow.sign_in(&email, PASSWORD, &code).await.unwrap();
        flow.bind_session(&open, &here()).await.unwrap();
        let short = Reset {
            checked: " seen ".to_owned(),
            password_too: false,
        };
        let refused = flow.reset_factor(&by, &leaver, short).await;
        assert_eq!(faults(refused.unwrap_err()), ["/checked"]);
        flow.reset_factor(&by, &leaver, reset()).await.unwrap();
        let standing = flow.session(&open.token, &here()).await.unwrap();
        assert!(matches!(standing, Standing::Absent), "{standing:?}");
        assert!(!signs_in(flow, &email, SECRET).await, "the old factor");

        let token = mails(flow).await.remove(0).0;
        let Link::Open(link) = flow.link(&token).await.unwrap() else {
            panic!("open")
        };
        assert_eq!(link.purpose, LinkPurpose::Factor);
        // Whoever has the mail alone has no password.
        for _ in 0..4 {
            let guess = take(flow, &token, "a-wrong-password").await;
            assert!(matches!(guess, Err(JoinError::Wrong(_))), "{guess:?}");
        }
        assert!(flow.clock.advance(SignedDuration::from_mins(16)));
        take(flow, &token, PASSWORD).await.unwrap();
        assert!(signs_in(flow, &email, &link.secret).await);
        assert!(!signs_in(flow, &email, SECRET).await);

        // Both lost; the earlier link is over when another is sent.
        flow.reset_factor(&by, &leaver, reset()).await.unwrap();
        let earlier = mails(flow).await.last().unwrap().0.clone();
        let both = Reset {
            password_too: true,
            ..reset()
        };
        flow.reset_factor(&by, &leaver, both).await.unwrap();
        let over = flow.link(&earlier).await.unwrap();
        assert!(matches!(over, Link::Withdrawn), "{over:?}");
        let token = mails(flow).await.last().unwrap().0.clone();
        take(flow, &token, "another-good-password").await.unwrap();
        let mut tx = flow.store.read().await.unwrap();
        let row: PersonRow = tx.get(&leaver).await.unwrap().unwrap();
        assert!(row.totp.is_some() && row.password.is_some());
        drop(tx);
        let said = [
            "spoc factor-reset leaver",
            "spoc factor-reset leaver",
            "spoc factor-reset leaver",
            "spoc invitation-withdrawn leaver",
        ];
        let mut heard = told(&world).await;
        heard.sort();
        assert_eq!(heard, said);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_a_password_by_a_link_lock_the_address_out() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        let leaver = id_of(&world, "leaver").await;
        flow.reset_factor(&spoc(&world).await, &leaver, reset())
            .await
            .unwrap();
        let token = mails(flow).await.remove(0).0;
        for _ in 0..5 {
            take(flow, &token, "a-wrong-password").await.unwrap_err();
        }
        let locked = take(flow, &token, PASSWORD).await;
        assert!(matches!(locked, Err(JoinError::Wrong(_))), "{locked:?}");
        assert!(flow.clock.advance(SignedDuration::from_mins(15)));
        take(flow, &token, PASSWORD).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_is_out_at_once_with_the_links_they_sent_and_comes_back_only_by_their_agency() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        let by = spoc(&world).await;
        let now = flow.clock.now();
        flow.add_absence(SPOC, now, now + SignedDuration::from_hours(1))
            .await
            .unwrap();
        flow.invite(&caller(&world, AT, "deputy").await, zoe())
            .await
            .unwrap();
        let token = mails(flow).await.remove(0).0;
        let code = code_of(SECRET, flow.clock.now());
        let deputy = format!("deputy@{AT}.example");
        let open = flow.sign_in(&deputy, PASSWORD, &code).await.unwrap();
        flow.bind_session(&open, &here()).await.unwrap();
        let id = open.session.person.id.clone();
        flow.suspend_colleague(&by, &id).await.unwrap();
        let standing = flow.session(&open.token, &here()).await.unwrap();
        assert!(matches!(standing, Standing::Absent), "{standing:?}");
        assert!(!signs_in(flow, &deputy, SECRET).await);
        let over = flow.link(&token).await.unwrap();
        assert!(matches!(over, Link::Withdrawn), "{over:?}");
        let twice = flow.suspend_colleague(&by, &id).await;
        assert!(matches!(twice, Err(FlowError::Conflict(_))));
        flow.restore_colleague(&by, &id).await.unwrap();
        let twice = flow.restore_colleague(&by, &id).await;
        assert!(matches!(twice, Err(FlowError::Conflict(_))));
        assert!(signs_in(flow, &deputy, SECRET).await);
        // Whom the operator suspended, the agency does not bring back.
        flow.suspend_person(&deputy, true).await.unwrap();
        let refused = flow.restore_colleague(&by, &id).await;
        assert!(
            matches!(refused, Err(FlowError::Forbidden(_))),
            "{refused:?}"
        );
        let said = [
            "deputy invited Zoe Placeholder",
            "spoc suspended deputy",
            "spoc restored deputy",
        ];
        assert_eq!(told(&world).await, said);
        world.verify().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_says_of_people_is_ids_and_words() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        let by = spoc(&world).await;
        flow.invite(&by, zoe()).await.unwrap();
        let token = mails(flow).await.remove(0).0;
        take(flow, &token, PASSWORD).await.unwrap();
        flow.people(&by).await.unwrap();
        let who = id_of(&world, "leaver").await;
        flow.reset_factor(&by, &who, reset()).await.unwrap();
        let head = flow.log_head(None).await.unwrap().unwrap();
        let mut tx = flow.store.read().await.unwrap();
        let leaves = tx.leaves(&head.id, 0, 10_000).await.unwrap();
        let events: Vec<&str> = leaves.iter().map(|leaf| leaf.event.as_str()).collect();
        let by_id = by.person.unwrap().id;
        for change in ["invited", "factor-reset"] {
            let said = format!("\"change\":\"{change}\"");
            let event = events.iter().find(|event| event.contains(&said)).unwrap();
            assert!(
                event.contains(&by_id) && event.contains("\"from\":\"southwark-housing\""),
                "{event}"
            );
            assert!(event.contains("london-coordination"), "{event}");
        }
        assert!(leaves.iter().any(|leaf| leaf.kind == "people-read"));
        for event in &events {
            for kept_out in ["Zoe", "Placeholder", "staff card", "@", &token] {
                assert!(!event.contains(kept_out), "{event}");
            }
        }
        let row: InvitationRow = tx.open_invitations(AT).await.unwrap().remove(0);
        let place = gateway_seal::Place {
            area: "*",
            table: "invitation",
            row: &row.id,
            column: "checked",
        };
        drop(tx);
        let checked = flow
            .vault
            .open_column(&place, row.checked.as_deref().unwrap())
            .await;
        assert!(checked.unwrap().starts_with(b"I saw her"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_was_changed_behind_the_log_is_found() {
    for db in each().await {
        let world = people(db).await;
        let flow = &world.flow;
        flow.invite(&spoc(&world).await, zoe()).await.unwrap();
        world.verify().await.unwrap();
        let mut tx = flow.store.write("tamper").await.unwrap();
        let mut row = tx.open_invitations(AT).await.unwrap().remove(0);
        row.role = Some("spoc".to_owned());
        tx.put(&mut row).await.unwrap();
        tx.drain_covered();
        tx.commit().await.unwrap();
        world.verify().await.unwrap_err();
    }
}

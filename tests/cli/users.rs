//! Users and invitations.

use super::*;

#[test]
fn a_user_lives_from_add_to_delete() {
    let folder = Folder::ready();
    folder.run("users add linh").ok();
    let list = folder.run("users list").ok().out;
    let row = list.lines().find(|line| line.contains("linh")).unwrap();
    assert!(
        row.contains("user") && row.contains("enabled") && row.contains("nothing yet"),
        "{list}"
    );
    let leave = folder.run("users reset-password linh --expires 1h").ok().out;
    assert!(leave.trim().starts_with("nppr_"), "{leave}");
    folder
        .run("users reset-password linh --expires 30d")
        .fails(1, "must be 60 to 604800 seconds");
    folder.run("users edit linh").fails(2, "nothing to change");
    let edited = folder
        .run("users edit linh --name lan --role admin --json")
        .ok()
        .json();
    assert_eq!(
        (&edited["name"], &edited["role"]),
        (&"lan".into(), &"admin".into())
    );
    folder.run("users disable lan").ok();
    assert_eq!(
        folder.run("users list --disabled --json").ok().json()["items"][0]["name"],
        "lan"
    );
    folder.run("users enable lan").ok();
    assert_eq!(
        folder.run("users list --role admin --name la --json").ok().json()["items"][0]["name"],
        "lan"
    );
    assert!(
        folder
            .run("users sessions lan")
            .ok()
            .out
            .contains("Nobody is logged in")
    );
    assert_eq!(
        folder.run("users sessions lan --end").ok().out.trim(),
        "ended 0 sessions"
    );
    folder
        .run("users reset-totp lan --yes")
        .fails(1, "there is no second factor");
    folder.run("users edit lan --role user").ok();
    folder.run("users disable admin").fails(1, "the last admin");
    folder
        .run("users delete lan")
        .fails(2, "There is nobody to ask here; give --yes.");
    folder.run("users delete lan --yes").ok();
    folder
        .run("users show lan")
        .fails(1, "there is no user called lan");
    folder.run("secrets rotate-signing").ok();
    let open = folder.run("users registration open").ok().out;
    assert_eq!(open.trim(), "everybody may register");
}

#[test]
fn settings_are_set_and_shown() {
    let folder = Folder::ready();
    folder.run("settings set").fails(2, "Usage");
    folder.run("settings set --name Hanoi --registration closed").ok();
    let shown = folder.run("settings show").ok().out;
    for line in ["name          Hanoi", "notice        -", "registration  closed"] {
        assert!(shown.contains(line), "{shown}");
    }
    let json = folder.run("settings show --json").ok().out;
    assert!(json.contains("\"registration\": \"closed\""), "{json}");
}

#[test]
fn an_invitation_is_made_listed_and_taken_back() {
    let folder = Folder::ready();
    let text = folder.run("invitations create --note linh --uses 3").ok().out;
    assert!(text.trim().starts_with("npin_"), "{text}");
    let list = folder.run("invitations list").ok().out;
    assert!(
        list.contains("0 of 3") && list.contains("open") && !list.contains(text.trim()),
        "{list}"
    );
    let id = folder.run("invitations list --json").ok().json()["items"][0]["id"].to_string();
    let revoked = folder.run(&format!("invitations revoke {id}")).ok().out;
    assert!(revoked.contains("taken back"), "{revoked}");
    folder
        .run("invitations create --uses 0")
        .fails(1, "must be 1 to 1000");
    assert!(!has(&folder.everything(), text.trim()));
}

//! Run-time changes of nodes laid over a layout.

use super::*;
use crate::model::{NodePlan, Role};
use crate::pool::tests::{node, upstream};

/// An upstream with one image node and two text nodes.
fn layout() -> Arc<Layout> {
    let nodes = vec![
        node("image", Role::Image),
        node("a", Role::Text),
        node("b", Role::Text),
    ];
    Arc::new(Layout {
        upstreams: vec![upstream(Policy::RoundRobin, nodes)],
        ..Layout::default()
    })
}

fn with(plan: NodePlan) -> Draft {
    Draft {
        layout: layout(),
        nodes: NodePlans::from([("novelai".into(), plan)]),
        ..draft(1, vec![], vec![], vec![])
    }
}

fn without(removed: &[&str], drained: &[&str]) -> NodePlan {
    NodePlan {
        removed: removed.iter().map(|name| (*name).into()).collect(),
        drained: drained.iter().map(|name| (*name).into()).collect(),
        ..NodePlan::default()
    }
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    let set = snapshot.nodes(0).unwrap();
    set.nodes.iter().map(|used| &*used.node.name).collect()
}

#[test]
fn each_role_keeps_a_node_for_new_requests() {
    for (plan, expected) in [
        (without(&["image"], &[]), Some(Role::Image)),
        (without(&[], &["image"]), Some(Role::Image)),
        (without(&["a"], &["b"]), Some(Role::Text)),
        (without(&["a"], &[]), None),
    ] {
        let problems = Snapshot::build(with(plan)).err().unwrap_or_default();
        let expected = expected.map(|role| Problem::LastNode {
            upstream: "novelai".into(),
            role,
        });
        assert_eq!(problems, Vec::from_iter(expected));
    }
    let added = NodePlan {
        added: vec![node("c", Role::Image)],
        ..without(&["image"], &[])
    };
    assert_eq!(names(&Snapshot::build(with(added)).unwrap()), ["a", "b", "c"]);
}

#[test]
fn a_change_that_takes_the_last_node_leaves_everything_as_it_was() {
    let before = Snapshot::build(with(NodePlan::default())).unwrap();
    let change = |plan| Delta {
        from: Revision(1),
        to: Revision(2),
        nodes: Some(NodePlans::from([("novelai".into(), plan)])),
        ..Delta::default()
    };
    assert!(before.apply(change(without(&["a", "b"], &[]))).is_err());
    assert_eq!(names(&before), ["image", "a", "b"]);
    assert_eq!(
        names(&before.apply(change(without(&["a"], &[]))).unwrap()),
        ["image", "b"]
    );
}

#[test]
fn plans_are_laid_over_a_new_layout_and_kept_for_upstreams_that_are_not_there() {
    let plan = without(&["a"], &[]);
    let nowhere = Draft {
        layout: Arc::default(),
        ..with(plan.clone())
    };
    let before = Snapshot::build(nowhere).unwrap();
    assert!(before.nodes(0).is_none());
    let delta = Delta {
        from: Revision(1),
        to: Revision(2),
        layout: Some(layout()),
        ..Delta::default()
    };
    assert_eq!(names(&before.apply(delta).unwrap()), ["image", "b"]);
    assert_eq!(before.node_plans()["novelai"], plan);
}

#[test]
fn two_added_nodes_of_one_name_are_a_problem() {
    let plan = NodePlan {
        added: vec![node("c", Role::Text), node("c", Role::Image)],
        ..NodePlan::default()
    };
    let problems = Snapshot::build(with(plan)).unwrap_err();
    assert!(matches!(&problems[..], [Problem::NodeTwice { node, .. }] if node == "c"));
}

/// Plans that leave a node for each role.
fn plan() -> impl Strategy<Value = Option<NodePlan>> {
    let some = |names: &'static [&'static str]| prop::sample::subsequence(names, 0..=names.len());
    let added = some(&["c", "d"]);
    let plan = (added, some(&["a", "zz"]), some(&["a", "c"]), any::<bool>());
    prop::option::of(plan.prop_map(|(added, removed, drained, active)| NodePlan {
        added: added.into_iter().map(|name| node(name, Role::Text)).collect(),
        active: active.then(|| "d".into()),
        ..without(&removed, &drained)
    }))
}

proptest! {
    #[test]
    fn applying_a_difference_of_nodes_is_the_same_as_building_anew(a in plan(), b in plan()) {
        let build = |revision, plan: Option<NodePlan>| {
            let nodes = plan.map(|plan| ("novelai".into(), plan));
            Snapshot::build(Draft {
                revision: Revision(revision),
                nodes: nodes.into_iter().collect(),
                ..with(NodePlan::default())
            })
            .unwrap()
        };
        let (a, b) = (build(1, a), build(2, b));
        let delta = a.delta_to(&b);
        prop_assert_eq!(delta.nodes.is_some(), a.node_plans() != b.node_plans());
        let applied = a.apply(delta).unwrap();
        prop_assert_eq!(&applied, &b);
        prop_assert_eq!(applied.nodes(0), b.nodes(0));
    }
}

"""Policies, files of good runs made from certifications, and why a lumisection is in or out.

What pages, commands and the API use; nothing here asks the network, and nothing but `actions` writes:

- `actions.save_policy(actor, name, rules, reason)`, `actions.rules_issues(rules)`: a version of a policy, what is wrong
- `actions.make_file(actor, version, moment, layout="", progress=None)`, `actions.verify_file(file)`
- `policy_text.read_logic(text)`, `policy_rules.PolicyRules(logic, dataset_pattern, layout, stale)`, `version.rules`
- `selectors.policy_version_as_of(name, moment)`; `PolicyVersion.objects.as_of(moment)`, `GoldenFile.objects`
- `preview.preview(before, after, moment)`: what a changed policy gains and loses, by run, clauses and era
- `why.explain_lumisection(rules, moment, run, number)`, `why.explain_run(rules, moment, run)`, `why.price_of(…)`
- `differences.file_differences(before, after)` of two `layouts.read_runs(file.content)`, `selectors.lumi_in_ranges(…)`
- `TrackerCertification.golden_files`: the files that a certification counted for, with its version then
- `registry_requests.policy_readings(version)`: the datasets of a policy, and those whose other flags were not read
- `vocabulary.VARIABLES`, `vocabulary.UNAVAILABLE`, `rule_types.OPERATORS`, `clauses.split_clauses(logic)`: for forms
- `manifest.manifest_of`: what is in `GoldenFile.manifest`
"""

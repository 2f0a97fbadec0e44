// The page's state and what its controls do.
import * as api from './api.js';
import * as lists from './lists.js';
import { Overlay } from './overlay.js';

const by = id => document.getElementById(id);
const overlay = new Overlay(by('overlay'), by('pose'), by('measures'));
// `fragment`, `end` and `candidates` change together; `join` is what the overlay shows, { below, above }, and what a verdict is about.
const state = { fragments: [], decisions: [], fragment: null, end: null, candidates: [], join: null };
let choices = 0;

/** Runs what a control asked for; whatever goes wrong is said in the status line. */
const doing = action => async (...what) => {
  try {
    await action(...what);
  } catch (failure) {
    by('status').textContent = failure.message;
  }
};

/**
 * A choice of what is shown. Until it is shown nothing can be judged. Only the latest choice is shown: what an earlier one still waits
 * for is ignored, which is why every step after an `await` asks `isLatest` first.
 */
const choosing = show => doing(async what => {
  const choice = ++choices;
  const isLatest = () => choice === choices;
  showJoin(null, 'No join shown');
  by('status').textContent = '';
  try {
    await show(what, isLatest);
  } catch (failure) {
    if (isLatest()) throw failure;
  }
});

async function load() {
  const site = await api.getSite();
  Object.assign(state, { fragments: site.fragments, decisions: site.decisions });
  lists.showProblems(by('problems'), site.problems);
  showFragments();
  showDecisions();
}

const showFragments = () => lists.showFragments(by('fragments'), by('count'), state.fragments, by('search').value, state.fragment?.name, chooseFragment);
const showDecisions = () => {
  lists.showDecisions(by('decisions'), state.decisions, openDecision);
  by('undo').disabled = state.decisions.length === 0;
};

const chooseFragment = choosing(async (name, isLatest) => {
  const fragment = await api.getFragment(name);
  if (isLatest()) await rank(fragment, fragment.top ? 'top' : 'bottom', isLatest);
});

const chooseEnd = choosing((end, isLatest) => rank(state.fragment, end, isLatest));

const chooseCandidate = choosing((candidate, isLatest) => layOn(candidate.fragment, null, isLatest));

/** Shows a decision again, with its pose and note. */
const openDecision = choosing(async (decision, isLatest) => {
  const fragment = await api.getFragment(decision.below);
  if (isLatest()) await rank(fragment, 'top', isLatest, decision);
});

/** Lists the candidates of an edge and shows the first, or the join of the decision given. */
async function rank(fragment, end, isLatest, decision = null) {
  by('status').textContent = 'Ranking'; // the first time takes seconds: the whole site is prepared
  const candidates = await api.getCandidates(fragment.name, end);
  if (!isLatest()) return;
  by('status').textContent = '';
  Object.assign(state, { fragment, end, candidates });
  showFragments();
  lists.showEnds(by('ends'), fragment, end, chooseEnd);
  showCandidates(null);
  const mate = decision?.above ?? candidates[0]?.fragment;
  if (mate) await layOn(mate, decision, isLatest);
  else showJoin(null, `${fragment.name}, ${end} edge: nothing to join it with`);
}

const showCandidates = chosen => lists.showCandidates(by('candidates'), state.candidates, state.end, state.fragment[state.end], chosen, chooseCandidate);

/** Shows the chosen edge with a mate; a decision on that join brings its pose and note back. */
async function layOn(mateName, decision, isLatest) {
  const { fragment, end } = state;
  const mate = await api.getFragment(mateName);
  const [below, above] = end === 'top' ? [fragment, mate] : [mate, fragment];
  const [belowPicture, abovePicture] = await Promise.all([api.getPicture(below), api.getPicture(above)]);
  if (!isLatest()) return;
  const judged = decision ?? state.decisions.find(made => made.below === below.name && made.above === above.name);
  showCandidates(mate.name);
  by('note').value = judged?.note ?? '';
  overlay.show({ top: below.top, bottom: above.bottom, belowPicture, abovePicture }, judged?.pose);
  showJoin({ below: below.name, above: above.name }, `${above.name} on ${below.name}`);
}

/** Says what the overlay shows; null: nothing, and then there is nothing to judge. */
function showJoin(join, title) {
  state.join = join;
  if (!join) overlay.clear();
  by('join-title').textContent = title;
  for (const id of ['note', 'accept', 'reject', 'fit', 'png']) by(id).disabled = !join;
}

const decide = verdict => doing(async () => {
  state.decisions = await api.decide({ ...state.join, verdict, note: by('note').value, pose: overlay.pose });
  showDecisions();
  by('status').textContent = 'Saved.';
});

async function undo() {
  state.decisions = await api.undo();
  showDecisions();
  by('status').textContent = 'Taken back.';
}

async function importFiles(event) {
  const files = [...event.target.files].filter(file => /\.(png|jpe?g|csv)$/i.test(file.name));
  event.target.value = '';
  const refused = [];
  let taken = 0;
  for (const [done, file] of files.entries()) {
    by('status').textContent = `Importing ${done + 1} of ${files.length}`;
    await api.sendFile(file).then(names => { taken += names.length; }, failure => refused.push(failure.message));
  }
  await load();
  lists.showProblems(by('problems'), refused);
  by('status').textContent = `Imported ${taken} fragments from ${files.length - refused.length} of ${files.length} files.`;
}

async function exportPng() {
  const { below, above } = state.join;
  const link = lists.element('a', { href: URL.createObjectURL(await overlay.toPng()), download: `${above} on ${below}.png` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

by('search').addEventListener('input', showFragments);
by('import').addEventListener('change', doing(importFiles));
by('import-files').addEventListener('change', doing(importFiles));
by('verdict').addEventListener('submit', event => event.preventDefault());
by('fit').addEventListener('click', () => overlay.fit());
by('png').addEventListener('click', doing(exportPng));
by('accept').addEventListener('click', decide('accepted'));
by('reject').addEventListener('click', decide('rejected'));
by('undo').addEventListener('click', doing(undo));
showJoin(null, 'Choose a fragment');
doing(load)();

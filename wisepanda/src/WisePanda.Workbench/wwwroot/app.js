// The page's state and what its controls do.
import * as api from './api.js';
import * as lists from './lists.js';
import { Overlay } from './overlay.js';

const by = id => document.getElementById(id);
const overlay = new Overlay(by('overlay'), by('pose'), by('measures'));
const state = { fragments: [], decisions: [], fragment: null, end: null, candidates: [], candidate: null };

/** Runs what a control asked for; whatever goes wrong is said in the status line. */
const doing = action => async (...what) => {
  try {
    await action(...what);
  } catch (failure) {
    by('status').textContent = failure.message;
  }
};

async function load() {
  const site = await api.getSite();
  Object.assign(state, { fragments: site.fragments, decisions: site.decisions });
  lists.showProblems(by('problems'), site.problems);
  showFragments();
  showDecisions();
}

const showFragments = () => lists.showFragments(by('fragments'), by('count'), state.fragments, by('search').value, state.fragment?.name, doing(chooseFragment));
const showDecisions = () => {
  lists.showDecisions(by('decisions'), state.decisions, doing(openDecision));
  by('undo').disabled = state.decisions.length === 0;
};

async function chooseFragment(name) {
  state.fragment = await api.getFragment(name);
  showFragments();
  await chooseEnd(state.fragment.top ? 'top' : 'bottom');
}

async function chooseEnd(end) {
  const { fragment } = state;
  by('status').textContent = 'Ranking'; // the first time takes seconds: the whole site is prepared
  const candidates = await api.getCandidates(fragment.name, end);
  by('status').textContent = '';
  if (state.fragment !== fragment) return; // another was chosen meanwhile
  Object.assign(state, { end, candidates, candidate: null });
  lists.showEnds(by('ends'), fragment, end, doing(chooseEnd));
  if (candidates.length > 0) await chooseCandidate(candidates[0]);
  else showNoCandidate();
}

function showNoCandidate() {
  by('join-title').textContent = `${state.fragment.name}, ${state.end} edge: nothing to join it with`;
  by('candidates').replaceChildren();
  overlay.clear();
  allowVerdict();
}

/** Shows the chosen edge with a candidate; `decision` brings its pose and note back. */
async function chooseCandidate(candidate, decision = decisionOn(candidate)) {
  const { fragment, end } = state;
  const mate = await api.getFragment(candidate.fragment);
  const [below, above] = end === 'top' ? [fragment, mate] : [mate, fragment];
  const [belowPicture, abovePicture] = await Promise.all([api.getPicture(below), api.getPicture(above)]);
  if (state.fragment !== fragment || state.end !== end) return;
  state.candidate = candidate;
  lists.showCandidates(by('candidates'), state.candidates, end, fragment[end], candidate.fragment, doing(chooseCandidate));
  by('join-title').textContent = `${above.name} on ${below.name}`;
  by('note').value = decision?.note ?? '';
  overlay.show({ top: below.top, bottom: above.bottom, belowPicture, abovePicture }, decision?.pose);
  allowVerdict();
}

const names = candidate => state.end === 'top' ? { below: state.fragment.name, above: candidate.fragment } : { below: candidate.fragment, above: state.fragment.name };
const decisionOn = candidate => {
  const { below, above } = names(candidate);
  return state.decisions.find(decision => decision.below === below && decision.above === above);
};

async function openDecision(decision) {
  state.fragment = await api.getFragment(decision.below);
  state.end = 'top';
  state.candidates = await api.getCandidates(decision.below, 'top');
  showFragments();
  lists.showEnds(by('ends'), state.fragment, 'top', doing(chooseEnd));
  await chooseCandidate({ fragment: decision.above }, decision);
}

function allowVerdict() {
  for (const id of ['accept', 'reject', 'fit', 'png']) by(id).disabled = !state.candidate;
}

const decide = verdict => doing(async () => {
  state.decisions = await api.decide({ ...names(state.candidate), verdict, note: by('note').value, pose: overlay.pose });
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
  const { below, above } = names(state.candidate);
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
allowVerdict();
doing(load)();

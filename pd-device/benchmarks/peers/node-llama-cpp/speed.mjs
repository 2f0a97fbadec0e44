// node-llama-cpp's side of `speed`: reads a plan, answers it with one context of N sequences evaluated concurrently
// (the library's own batching), and writes the times of every token. Usage: node speed.mjs PLAN.json OUT.json
import {readFileSync, writeFileSync} from "node:fs";
import {getLlama, getModuleVersion} from "node-llama-cpp";

const [planFile, outFile] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planFile, "utf8"));

// The prebuilt binary of @node-llama-cpp/linux-x64 and nothing else: no build, no download.
const llama = await getLlama({gpu: false, build: "never", skipDownload: true, progressLogs: false, maxThreads: plan.threads});
const model = await llama.loadModel({modelPath: plan.model, gpuLayers: 0});

const cells = [];
for (const streams of [...new Set(plan.cells.map((cell) => cell.streams))]) {
    const context = await model.createContext({
        sequences: streams,
        contextSize: plan.contextTokens,
        batchSize: plan.batchTokens,
        threads: plan.threads,
        flashAttention: "auto"
    });
    if (context.contextSize !== plan.contextTokens || context.batchSize !== plan.batchTokens)
        throw new Error(`node-llama-cpp made a context of ${context.contextSize} tokens and batches of ${context.batchSize}`);
    const sequences = Array.from({length: streams}, () => context.getSequence());
    for (const cell of plan.cells.filter((cell) => cell.streams === streams)) {
        for (let i = 0; i < cell.repeats; i++) await ask(sequences, cell.warmUpPrompt, cell.warmUpTokens);
        const repeats = [];
        for (let i = 0; i < cell.repeats; i++) repeats.push(await ask(sequences, cell.promptTokens, cell.decodeTokens));
        cells.push({name: cell.name, repeats});
    }

    await context.dispose();
}

writeFileSync(outFile, JSON.stringify({
    version: `node-llama-cpp ${await getModuleVersion()}, Node.js ${process.versions.node}`,
    libraries: loadedLibraries(),
    cells
}));
await llama.dispose();

async function ask(sequences, promptTokens, decodeTokens) {
    for (const sequence of sequences) await sequence.clearHistory();
    const asked = performance.now();
    const streams = await Promise.all(sequences.map(async (sequence, number) => {
        const times = [];
        const tokens = [];
        const prompt = plan.prompts[number].slice(0, promptTokens);
        for await (const token of sequence.evaluate(prompt, {temperature: 0, yieldEogToken: true})) {
            times.push(performance.now() - asked);
            tokens.push(token);
            if (tokens.length === decodeTokens) break;
        }

        return {times, tokens};
    }));
    return {timesMs: streams.map((stream) => stream.times), tokens: streams.map((stream) => stream.tokens)};
}

// What the process has mapped says which llama.cpp it runs.
function loadedLibraries() {
    if (process.platform !== "linux") return [];
    const files = readFileSync("/proc/self/maps", "utf8").split("\n").map((line) => line.slice(line.indexOf("/")).trim());
    return [...new Set(files.filter((file) => /\/lib(llama|ggml)[^/]*\.so/.test(file)))].sort();
}

// OpenAI's JavaScript client against an endpoint: node conformance.mjs BASEURL MODEL KEY
// BASEURL ends in /v1. Prints a line for each case; the exit status is the number of those that failed.
import assert from 'node:assert/strict';
import OpenAI, { APIError, BadRequestError, NotFoundError } from 'openai';

const [baseURL, model, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 120_000 });
const messages = [{ role: 'system', content: 'You answer in one line.' }, { role: 'user', content: 'What is new today?' }];
// ignore_eos and min_tokens are not OpenAI's; the client passes on what it does not know.
const chat = (more) => client.chat.completions.create({ model, messages, seed: 11, max_tokens: 40, ignore_eos: true, ...more });
const text = (more) => client.completions.create({ model, prompt: 'Once upon a time', seed: 11, max_tokens: 40, ignore_eos: true, ...more });
const textOf = (answer) => answer.choices[0].message?.content ?? answer.choices[0].text;

const cases = {
  async 'models: list and retrieve'() {
    const ids = [];
    for await (const one of client.models.list()) ids.push(one.id);
    assert.ok(ids.includes(model));
    assert.equal((await client.models.retrieve(model)).id, model);
  },

  async 'chat: whole, with usage'() {
    const answer = await chat();
    assert.equal(answer.object, 'chat.completion');
    assert.equal(answer.choices[0].message.role, 'assistant');
    assert.ok(answer.choices[0].message.content.length > 0);
    assert.equal(answer.choices[0].finish_reason, 'length');
    assert.equal(answer.usage.completion_tokens, 40);
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + 40);
    assert.ok(answer.usage.prompt_tokens_details.cached_tokens >= 0);
  },

  async 'chat: a stream adds up to the whole, one finish_reason, usage last'() {
    let said = '', finished = 0, usage, roles = 0;
    for await (const chunk of await chat({ stream: true, stream_options: { include_usage: true } })) {
      assert.ok(!usage, 'nothing follows the usage');
      usage = chunk.usage;
      for (const choice of chunk.choices) {
        said += choice.delta.content ?? '';
        finished += choice.finish_reason ? 1 : 0;
        roles += choice.delta.role ? 1 : 0;
      }
    }
    assert.deepEqual([finished, roles, usage.completion_tokens], [1, 1, 40]);
    assert.equal(said, textOf(await chat()));
  },

  async 'chat: the stream helper gathers the same'() {
    const gathered = await client.chat.completions.stream({ model, messages, seed: 11, max_tokens: 40, ignore_eos: true }).finalChatCompletion();
    assert.equal(textOf(gathered), textOf(await chat()));
  },

  async 'completions: whole, streamed, and from token ids'() {
    const whole = await text();
    assert.equal(whole.object, 'text_completion');
    let said = '';
    for await (const chunk of await text({ stream: true })) said += chunk.choices[0]?.text ?? '';
    assert.equal(said, textOf(whole));
    assert.equal((await text({ prompt: [1, 2, 3], max_tokens: 3 })).usage.prompt_tokens, 3);
  },

  async 'stop: the answer ends before it, streamed too'() {
    const whole = textOf(await chat());
    const stop = whole.slice(whole.length / 2, whole.length / 2 + 5);
    const answer = await chat({ stop: [stop, 'never there'] });
    assert.equal(textOf(answer), whole.slice(0, whole.indexOf(stop)));
    assert.equal(answer.choices[0].finish_reason, 'stop');
    let said = '';
    for await (const chunk of await chat({ stop, stream: true })) said += chunk.choices[0]?.delta.content ?? '';
    assert.equal(said, textOf(answer));
  },

  async 'seed: the same again, another one differs'() {
    assert.equal(textOf(await chat({ temperature: 1.2 })), textOf(await chat({ temperature: 1.2 })));
    assert.notEqual(textOf(await chat({ temperature: 1.2 })), textOf(await chat({ temperature: 1.2, seed: 12 })));
  },

  async 'logprobs: of a chat, best first, and their bytes are the text'() {
    const choice = (await chat({ logprobs: true, top_logprobs: 5, temperature: 0 })).choices[0];
    assert.equal(choice.logprobs.content.length, 40);
    for (const token of choice.logprobs.content) {
      assert.ok(token.logprob <= 0);
      assert.equal(token.top_logprobs.length, 5);
      assert.deepEqual(token.top_logprobs.map((t) => t.logprob), token.top_logprobs.map((t) => t.logprob).toSorted((a, b) => b - a));
      // the likeliest, or next to it where the likeliest would end an answer that may not end
      assert.ok(token.top_logprobs.some((t) => t.logprob === token.logprob));
    }
    const bytes = choice.logprobs.content.flatMap((t) => t.bytes ?? []);
    assert.equal(new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes)), choice.message.content);
  },

  async 'logprobs: of a completion'() {
    const { logprobs } = (await text({ logprobs: 2, max_tokens: 5 })).choices[0];
    assert.deepEqual([logprobs.tokens.length, logprobs.token_logprobs.length, logprobs.top_logprobs.length, logprobs.text_offset.length], [5, 5, 5, 5]);
    assert.equal(logprobs.text_offset[0], 0);
  },

  async 'n: so many choices, each its own'() {
    const answer = await chat({ n: 3, temperature: 1.5 });
    assert.deepEqual(answer.choices.map((c) => c.index), [0, 1, 2]);
    assert.equal(new Set(answer.choices.map((c) => c.message.content)).size, 3);
    assert.equal(answer.usage.completion_tokens, 120);
  },

  async 'errors: named, as the client maps them'() {
    await assert.rejects(chat({ model: 'no-such-model' }), (e) => e instanceof NotFoundError && e.code === 'model_not_found' && e.param === 'model');
    await assert.rejects(chat({ tools: [{ type: 'function', function: { name: 'f' } }] }), (e) => e instanceof BadRequestError && e.code === 'unsupported_field' && e.param === 'tools');
    await assert.rejects(chat({ temperature: 11 }), (e) => e instanceof BadRequestError && e.code === 'out_of_range' && e.type === 'invalid_request_error');
    await assert.rejects(chat({ temprature: 1 }), (e) => e instanceof BadRequestError && e.code === 'unknown_field' && e.param === 'temprature');
    await assert.rejects(chat({ messages: 'hello' }), (e) => e instanceof APIError && e.status === 400);
    const { max_model_len: positions } = await client.models.retrieve(model);
    await assert.rejects(text({ prompt: Array(positions + 1).fill(1) }), (e) => e instanceof BadRequestError && e.code === 'context_length_exceeded');
  },

  async 'cancellation: in mid-stream, and the next request is served'() {
    const stream = await chat({ stream: true, max_tokens: 1_000_000 });
    let chunks = 0;
    for await (const chunk of stream) {
      if (++chunks === 4) stream.controller.abort();
    }
    assert.ok(chunks >= 4);
    assert.ok(textOf(await chat({ max_tokens: 3 })) !== undefined);
  },
};

let failed = 0;
for (const [name, run] of Object.entries(cases)) {
  try {
    await run();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}: ${String(error.message).replaceAll('\n', ' ').slice(0, 400)}`);
  }
}
process.exit(failed);

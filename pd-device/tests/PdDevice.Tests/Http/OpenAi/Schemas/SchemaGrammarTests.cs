using System.Text;
using System.Text.Json;
using PdDevice.Core.Sampling;
using PdDevice.Http.OpenAi;
using PdDevice.Http.OpenAi.Requests;
using PdDevice.Http.OpenAi.Schemas;
using PdDevice.Inference;
using PdDevice.Tests.Inference.LlamaCpp;

namespace PdDevice.Tests.Http.OpenAi.Schemas;

/// <summary>Texts drawn by a grammar from noise, with the embedded model's vocabulary, fit the schema it was made from.</summary>
[Collection("Engine")]
public sealed class SchemaGrammarTests
{
    public static TheoryData<string> Schemas => new(
        """{"type":"object","properties":{"name":{"type":"string","maxLength":5},"age":{"type":"integer"},"ok":{"type":"boolean"}},"required":["name","age"],"additionalProperties":false}""",
        """{"type":"object","properties":{"a":{"type":"null"},"b":{"type":"number"},"c":{"enum":["x","y\"\\\n",3,null]}}}""",
        """{"type":"object","properties":{"only":{"const":{"deep":[1,2,{"é":true}]}}},"required":["only"]}""",
        """{"type":"array","items":{"type":"string","minLength":1,"maxLength":3},"minItems":2,"maxItems":4}""",
        """{"type":"array","items":{"anyOf":[{"type":"integer"},{"type":"array","items":{"type":"boolean"},"maxItems":2}]},"minItems":1,"maxItems":3}""",
        """{"type":["string","null"],"maxLength":4}""",
        """{"type":"string","enum":["red",7,"green"]}""",
        """{"type":"array","maxItems":0}""",
        """{"type":"object","additionalProperties":false}""",
        """{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"value":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["value","next"]}}}""",
        """{"title":"anything","description":"at all"}""");

    [Theory]
    [MemberData(nameof(Schemas))]
    public async Task From_Schema_WhatTheGrammarLetsThroughFitsIt(string schema)
    {
        await using var engine = await LlamaTest.LoadTinyAsync(contextTokens: 64);
        using var parsed = JsonDocument.Parse(schema);
        var grammar = SchemaGrammar.From(new FieldValue("schema", parsed.RootElement));
        var whole = 0;
        for (var seed = 0ul; seed < 12; seed++)
        {
            if (Draw(engine.Tokenizer, grammar, seed, 400) is not { } text) continue;
            whole++;
            using var value = JsonDocument.Parse(text);
            Assert.True(SchemaCheck.Fits(value.RootElement, parsed.RootElement, parsed.RootElement), text);
        }

        Assert.True(whole >= 4, $"only {whole} ended");
    }

    [Fact]
    public async Task AnyObject_WhatItLetsThrough_IsAnObject()
    {
        await using var engine = await LlamaTest.LoadTinyAsync(contextTokens: 64);
        var texts = Enumerable.Range(0, 12).Select(seed => Draw(engine.Tokenizer, JsonGrammar.AnyObject, (ulong)seed, 400)).OfType<string>().ToArray();
        Assert.NotEmpty(texts);
        foreach (var text in texts)
        {
            using var value = JsonDocument.Parse(text);
            Assert.Equal(JsonValueKind.Object, value.RootElement.ValueKind);
        }
    }

    [Theory]
    [InlineData("""{"type":"string","pattern":"^a"}""", "schema.pattern")]
    [InlineData("""{"type":"number","minimum":3}""", "schema.minimum")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","format":"date"}}}""", "schema.properties.a.format")]
    [InlineData("""{"oneOf":[{"type":"null"}]}""", "schema.oneOf")]
    [InlineData("""{"anyOf":[{"type":"null"}],"type":"null"}""", "schema.type")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string"}}""", "schema.additionalProperties")]
    [InlineData("""{"type":"object","required":["a"]}""", "schema.required")]
    [InlineData("""{"type":"object","properties":[]}""", "schema.properties")]
    [InlineData("""{"type":"date"}""", "schema.type")]
    [InlineData("""{"type":3}""", "schema.type")]
    [InlineData("""{"enum":[]}""", "schema.enum")]
    [InlineData("""{"type":"array","minItems":100000}""", "schema.minItems")]
    [InlineData("""{"type":"array","minItems":3,"maxItems":2}""", "schema")]
    [InlineData("""{"$ref":"http://example.com/schema"}""", "schema.$ref")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "schema.$ref")]
    [InlineData("5", "schema")]
    [InlineData("false", "schema")]
    public void From_WhatAGrammarCannotHoldTo_IsRefusedByName(string schema, string parameter)
    {
        using var parsed = JsonDocument.Parse(schema);
        var refused = Assert.Throws<CompletionRefusedException>(() => SchemaGrammar.From(new FieldValue("schema", parsed.RootElement)));
        Assert.Equal((400, parameter), (refused.Status, refused.Parameter));
    }

    [Fact]
    public void From_TooLarge_IsRefused()
    {
        var members = string.Join(',', Enumerable.Range(0, 4000).Select(i => $"\"member number {i}\":{{\"type\":\"array\",\"items\":{{\"type\":\"string\"}}}}"));
        using var parsed = JsonDocument.Parse($"{{\"type\":\"object\",\"properties\":{{{members}}}}}");
        Assert.Throws<CompletionRefusedException>(() => SchemaGrammar.From(new FieldValue("schema", parsed.RootElement)));
    }

    // Invariant 10: each of these would end or hang the process.
    [Theory]
    [InlineData("""{"$ref":"#/NEXT"}""", 20_000)] // a call for each
    [InlineData("""{"anyOf":[{"$ref":"#/NEXT"},{"$ref":"#/NEXT"}]}""", 45)] // 2^45 ways to begin
    [InlineData("""{"type":"array","items":{"$ref":"#/NEXT"}}""", 20_000)]
    public void From_ChainOfReferences_IsRefusedAtOnce(string link, int length)
    {
        var links = string.Join(',', Enumerable.Range(0, length).Select(i => $"\"s{i}\":{link.Replace("#/NEXT", $"#/$defs/s{i + 1}", StringComparison.Ordinal)}"));
        using var parsed = JsonDocument.Parse($"{{\"$ref\":\"#/$defs/s0\",\"$defs\":{{{links},\"s{length}\":{{\"type\":\"null\"}}}}}}");
        var refused = Assert.Throws<CompletionRefusedException>(() => SchemaGrammar.From(new FieldValue("schema", parsed.RootElement)));
        Assert.Equal("out_of_range", refused.Code);
    }

    [Fact]
    public async Task From_ManyOptionalMembers_GrammarIsReadAtOnce()
    {
        await using var engine = await LlamaTest.LoadTinyAsync(contextTokens: 64);
        var members = string.Join(',', Enumerable.Range(0, 400).Select(i => $"\"m{i}\":{{\"type\":\"integer\"}}"));
        using var parsed = JsonDocument.Parse($"{{\"type\":\"object\",\"properties\":{{{members}}}}}");
        using var mask = engine.Tokenizer.Constrain(SchemaGrammar.From(new FieldValue("schema", parsed.RootElement)));
        Assert.True(mask.Accept(engine.Tokenizer.Encode("{")[^1]));
    }

    /// <summary>A text drawn from noise that likes to come to an end; null: it did not within the tokens.</summary>
    private static string? Draw(ITokenizer tokenizer, string grammar, ulong seed, int tokens)
    {
        using var mask = tokenizer.Constrain(grammar);
        var sampler = new PositionSampler(new SamplingOptions { Temperature = 1, Seed = seed }, [1], tokenizer.EndOfGeneration, mask);
        var logits = new float[tokenizer.VocabularySize];
        for (var token = 0; token < logits.Length; token++)
        {
            var piece = tokenizer.IsControl(token) ? "" : Encoding.UTF8.GetString(tokenizer.Bytes(token).Span);
            logits[token] = tokenizer.EndOfGeneration.Contains(token) ? 9 : piece is "\"" or "}" or "]" or "0" or "null" ? 7 : piece is "," or ":" ? 5 : piece.Trim() == "" ? -4 : 0;
        }

        var text = new MemoryStream();
        for (var index = 0; index < tokens; index++)
        {
            var id = sampler.Sample(logits, index);
            if (tokenizer.EndOfGeneration.Contains(id)) return Encoding.UTF8.GetString(text.ToArray());
            sampler.Accept(id);
            text.Write(tokenizer.Bytes(id).Span);
        }

        return null;
    }
}

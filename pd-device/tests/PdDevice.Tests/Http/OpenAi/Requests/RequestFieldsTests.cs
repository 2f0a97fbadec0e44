using System.Text.Json.Nodes;
using PdDevice.Http.OpenAi;
using PdDevice.Http.OpenAi.Requests;

namespace PdDevice.Tests.Http.OpenAi.Requests;

/// <summary>Every field of the tables, which the page is made from, does at the socket what they say of it.</summary>
public sealed class RequestFieldsTests
{
    // For fields that are supported: values at the borders, inside and outside, and of the wrong type.
    private static readonly Dictionary<string, (string[] Good, string[] Bad)> Values = new()
    {
        ["model"] = ([$"\"{TestBackend.Name}\""], ["1", "[]"]),
        ["messages"] = (["""[{"role":"user","content":"x"}]""", """[{"role":"developer","content":[{"type":"text","text":""}]}]"""], ["1", "{}", "\"x\""]),
        ["prompt"] = (["\"x\"", "[1,2]", "[\"x\"]", "[[0,294]]"], ["1", "{}", "true", "[true]", "[1,null]", "[[1],[2]]"]),
        ["min_tokens"] = (["0", "1", "1.0"], ["-1", "1000001", "1.5", "\"1\"", "[]"]),
        ["max_tokens"] = (["1", "1000000", "1e6"], ["0", "-1", "1000001", "1e99", "1e999", "1.5", "true", "\"1\""]),
        ["max_completion_tokens"] = (["1", "1000000"], ["0", "1000001", "\"1\""]),
        ["ignore_eos"] = (["true", "false"], ["1", "\"true\""]),
        ["stop"] = (["\"a\"", "[]", "[\"a\",\"b\"]", Json(new string('a', 1000)), Many(16)], ["1", "\"\"", "[1]", "[null]", "[[\"a\"]]", Json(new string('a', 1001)), Many(17)]),
        ["temperature"] = (["0", "1", "10", "0.5"], ["-0.01", "10.01", "1e999", "-1e999", "\"1\"", "true"]),
        ["top_p"] = (["1", "0.0001"], ["0", "1.001", "-1", "\"1\""]),
        ["top_k"] = (["-1", "0", "1", "1000000"], ["-2", "1000001", "0.5"]),
        ["min_p"] = (["0", "1"], ["-0.1", "1.1"]),
        ["repetition_penalty"] = (["0.0001", "1", "10"], ["0", "10.1"]),
        ["frequency_penalty"] = (["-2", "2"], ["-2.1", "2.1"]),
        ["presence_penalty"] = (["-2", "2"], ["-2.1", "2.1"]),
        ["seed"] = (["0", "-9223372036854775808", "18446744073709551615"], ["-9223372036854775809", "18446744073709551616", "1e30", "0.5", "\"1\""]),
        ["response_format"] = (["{\"type\":\"text\"}"], ["1", "\"json\"", "{}", "{\"type\":\"xml\"}", "{\"type\":\"json_schema\"}", "{\"type\":\"text\",\"other\":1}"]), // the engine under this test has no grammars
        ["deterministic"] = (["true", "false"], ["1", "\"true\""]),
        ["n"] = (["1", "16"], ["0", "17", "1.5", "\"2\""]),
        ["stream"] = (["true", "false"], ["1", "\"true\""]),
        ["stream_options"] = (["{}", "{\"include_usage\":true}", "{\"include_usage\":false,\"include_obfuscation\":false}"], ["true", "{\"include_usage\":1}", "{\"include_obfuscation\":true}", "{\"other\":1}"]),
        ["pdd"] = (["{}", """{"keep_ratio":0.5,"protect":[]}""", "{\"keep_ratio\":1}", "{\"task\":\"list\"}", "{\"task\":null}"], ["1", "{\"task\":1}", "{\"task\":\"\"}", $"{{\"task\":{Json(new string('a', 65))}}}", "{\"keep_ratio\":0}", "{\"keep_ratio\":1.1}", "{\"protect\":\"x\"}", "{\"protect\":[\"\"]}", "{\"protect\":[1]}", "{\"protect\":[\"not there\"]}", "{\"other\":1}"]),
        ["user"] = (["\"me\""], ["1"]),
        ["safety_identifier"] = (["\"me\""], ["{}"]),
        ["prompt_cache_key"] = (["\"me\""], ["[]"]),
        ["top_logprobs"] = (["0", "20"], ["-1", "21", "true"]),
        ["logprobs"] = ([], ["\"1\"", "-1", "21", "0.5"]), // true of a chat, 0 to 20 of a completion: below
    };

    public static IEnumerable<object[]> Fields =>
    [
        .. RequestFields.Both.Concat(RequestFields.Chat).Select(f => new object[] { OpenAiApi.ChatRoute, f.Name }),
        .. RequestFields.Both.Concat(RequestFields.Completions).Select(f => new object[] { OpenAiApi.CompletionsRoute, f.Name }),
    ];

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task Post_Field_TakesWhatItsTableSaysAndRefusesTheRestByName(string route, string name)
    {
        await using var server = await TestServer.StartAsync(new TestBackend { ContextTokens = 64 });
        var field = RequestFields.Both.Concat(route == OpenAiApi.ChatRoute ? RequestFields.Chat : RequestFields.Completions).Single(f => f.Name == name);
        var (good, bad) = field.Support == FieldSupport.Refused ? Refused(field.Values) : Values[name];
        if (name == "logprobs") good = route == OpenAiApi.ChatRoute ? ["true", "false"] : ["0", "20"];
        var required = field.Default == "required";
        foreach (var value in required ? good : [.. good, "null"])
        {
            var (status, error) = await SendAsync(server, route, name, value);
            Assert.True(status == 200, $"{name}: {value} {error}");
        }

        Assert.NotEmpty(bad);
        foreach (var value in required ? [.. bad, "null"] : bad)
        {
            var (status, error) = await SendAsync(server, route, name, value);
            Assert.True(status == 400, $"{name}: {value}");
            Assert.StartsWith(name, (string?)error!["param"]);
            if (field.Support == FieldSupport.Refused) Assert.Equal("unsupported_field", (string?)error["code"]);
        }
    }

    [Fact]
    public void Tables_EachField_IsThereOnceAndSaysWhatItTakes()
    {
        foreach (var fields in new[] { RequestFields.Both.Concat(RequestFields.Chat), RequestFields.Both.Concat(RequestFields.Completions) })
        {
            Assert.Equal(fields.Count(), fields.Select(f => f.Name).Distinct().Count());
            Assert.All(fields, f => Assert.True(f.Values.Length > 0 && (f.Meaning.Length > 0) == (f.Support != FieldSupport.Refused), f.Name));
        }
    }

    /// <summary>What the page says is accepted of a refused field, and values that ask for something.</summary>
    private static (string[] Good, string[] Bad) Refused(string values)
    {
        string[] good = [.. values.Split(" or ").Select(v => v.Trim('`'))];
        return (good, [.. ((string[])["7", "\"something\"", "[{\"a\":1}]", "{\"a\":1}"])]);
    }

    private static async Task<(int Status, JsonNode? Error)> SendAsync(TestServer server, string route, string name, string value)
    {
        var body = new JsonObject { ["model"] = TestBackend.Name };
        if (route == OpenAiApi.ChatRoute) body["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "x" });
        else body["prompt"] = "x";
        if (!name.StartsWith("max_", StringComparison.Ordinal)) body["max_tokens"] = 2;
        if (name == "top_logprobs") body["logprobs"] = true;
        if (name == "stream_options") body["stream"] = true;
        body.Remove(name);
        var json = body.ToJsonString();
        using var response = await server.PostAsync(route, $"{json[..^1]},\"{name}\":{value}}}");
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, response.IsSuccessStatusCode ? null : JsonNode.Parse(text)!["error"]);
    }

    private static string Json(string text) => $"\"{text}\"";

    private static string Many(int stops) => $"[{string.Join(',', Enumerable.Range(0, stops).Select(i => $"\"{i}\""))}]";
}

using System.Text;

namespace PdDevice.Http.OpenAi.Schemas;

/// <summary>A grammar in the making, in llama.cpp's notation (GBNF): rules by number, and those of plain JSON.</summary>
/// <remarks>White space is bounded: small models otherwise go on with it for ever.</remarks>
internal sealed class JsonGrammar
{
    /// <summary>Largest grammar, characters: what a client sends must not take a server's time.</summary>
    public const int MostText = 1 << 18;

    public const string Object = "object";
    public const string Array = "array";
    public const string Text = "string";
    public const string Number = "number";
    public const string Whole = "integer";

    private const string Plain = """
        space ::= | " " | "\n" " "{0,16}
        char ::= [^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})
        string ::= "\"" char* "\""
        integer ::= "-"? ("0" | [1-9] [0-9]{0,15})
        number ::= integer ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})?
        value ::= object | array | string | number | "true" | "false" | "null"
        member ::= string space ":" space value
        object ::= "{" space (member (space "," space member)*)? space "}"
        array ::= "[" space (value (space "," space value)*)? space "]"

        """;

    private readonly StringBuilder _text = new(Plain);
    private int _rules;

    /// <summary>Any JSON value.</summary>
    public const string Value = "value";

    /// <summary>A grammar of any JSON object.</summary>
    public static string AnyObject => new JsonGrammar().Complete("object");

    /// <summary>Whether it has grown too large to go on with.</summary>
    public bool TooLarge => _text.Length > MostText;

    /// <summary>A name for a rule that is to be defined later; rules may so refer to each other.</summary>
    public string Name() => $"r{_rules++}";

    public void Define(string name, string body) => _text.Append(name).Append(" ::= ").Append(body).Append('\n');

    /// <summary>The whole, beginning with this rule.</summary>
    public string Complete(string root) => _text + $"root ::= {root}\n";

    /// <summary>Exactly this text.</summary>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\') literal.Append('\\').Append(c);
            else if (c < ' ') literal.Append($"\\x{(int)c:X2}");
            else literal.Append(c);
        }

        return literal.Append('"').ToString();
    }

    /// <summary>Something, so many times, with separators between.</summary>
    /// <param name="item">What.</param>
    /// <param name="least">At least 0.</param>
    /// <param name="most">Null: as many as the model likes.</param>
    public static string Repeated(string item, int least, int? most)
    {
        if (most == 0) return "";
        var more = $"(space \",\" space {item})";
        var bounds = $"{{{Math.Max(0, least - 1)},{most - 1}}}";
        return least == 0 ? $"({item} {more}{bounds})?" : $"{item} {more}{bounds}";
    }
}

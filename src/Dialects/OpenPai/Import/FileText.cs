using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Switchyard.Dialects.OpenPai.Import;

/// <summary>Reads files of an old cluster: JSON, or YAML, whose scalars all come as texts.</summary>
internal static class FileText
{
    private const int Deepest = 48;
    private const int MostNodes = 2_000_000;
    private static readonly UTF8Encoding Strict = new(false, true);

    /// <summary>The value that a file holds.</summary>
    public static Result<JsonNode> Parse(ReadOnlyMemory<byte> text)
    {
        var start = text.Span.TrimStart(" \t\r\n\uFEFF"u8);
        if (start is not [(byte)'{' or (byte)'[', ..])
            return Yaml(Encoding.UTF8.GetString(text.Span).TrimStart('\uFEFF'));
        return JsonBody.ParseValue(text[^start.Length..], out var problem) is { } value ? value : new Refusal(RefusalCode.Invalid, $"the file is not JSON: {problem}");
    }

    /// <summary>The value of the first document of a YAML text.</summary>
    public static Result<JsonNode> Yaml(string text)
    {
        try
        {
            var reader = new Reader(new Parser(new StringReader(text)));
            return reader.Document() is { } value ? value : new Refusal(RefusalCode.Invalid, "the file is empty");
        }
        catch (YamlException error)
        {
            return new Refusal(RefusalCode.Invalid, $"the file is not YAML: line {error.Start.Line}, column {error.Start.Column}: {error.Message}");
        }
        catch (EncoderFallbackException)
        {
            return new Refusal(RefusalCode.Invalid, "a text in the file is not valid Unicode (a lone surrogate)");
        }
    }

    /// <summary>Turns events into values. It counts, because a short text with anchors can stand for an endless one.</summary>
    private sealed class Reader(IParser parser)
    {
        private readonly Dictionary<AnchorName, JsonNode?> _anchors = [];
        private int _nodes;

        public JsonNode? Document()
        {
            parser.Consume<StreamStart>();
            return parser.TryConsume<DocumentStart>(out _) ? Node(0) : null;
        }

        private JsonNode? Node(int depth)
        {
            Count(parser.Current!, depth, 1);
            if (parser.TryConsume<AnchorAlias>(out var alias))
                return _anchors.TryGetValue(alias.Value, out var known) ? Again(alias, known) : throw new YamlException(alias.Start, alias.End, "an alias of nothing");
            var anchor = (parser.Current as NodeEvent)?.Anchor ?? AnchorName.Empty;
            JsonNode? value = parser.TryConsume<Scalar>(out var scalar) ? Text(scalar) : parser.Accept<SequenceStart>(out _) ? List(depth) : Map(depth);
            if (!anchor.IsEmpty)
                _anchors[anchor] = value;
            return value;
        }

        private JsonArray List(int depth)
        {
            var list = new JsonArray();
            parser.Consume<SequenceStart>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                list.Add(Node(depth + 1));
            return list;
        }

        private JsonObject Map(int depth)
        {
            var map = new JsonObject();
            parser.Consume<MappingStart>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.Consume<Scalar>();
                Strict.GetByteCount(key.Value);
                if (!map.TryAdd(key.Value, Node(depth + 1)))
                    throw new YamlException(key.Start, key.End, $"'{key.Value}' is given twice");
            }

            return map;
        }

        private JsonNode? Again(AnchorAlias alias, JsonNode? known)
        {
            Count(alias, 0, Size(known));
            return known?.DeepClone();
        }

        private void Count(ParsingEvent at, int depth, int nodes)
        {
            if (depth > Deepest || (_nodes += nodes) > MostNodes)
                throw new YamlException(at.Start, at.End, $"it is deeper than {Deepest} levels or larger than {MostNodes} values");
        }

        private static int Size(JsonNode? node) => node switch
        {
            JsonObject map => 1 + map.Sum(pair => Size(pair.Value)),
            JsonArray list => 1 + list.Sum(Size),
            _ => 1,
        };

        private static JsonValue? Text(Scalar scalar)
        {
            Strict.GetByteCount(scalar.Value);
            return scalar is { Style: ScalarStyle.Plain, Value: "" or "~" or "null" } ? null : JsonValue.Create(scalar.Value);
        }
    }
}

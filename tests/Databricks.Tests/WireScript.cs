using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>
/// Plays a conversation kept as a readable file under <c>Wire/</c> and compares each answer with the one in the file.
/// Ids become <c>&lt;id1&gt;</c>, <c>&lt;id2&gt;</c> in the order they are first seen, times <c>&lt;time&gt;</c>, durations
/// <c>&lt;duration&gt;</c>. A step sends a JSON <c>request</c>, a <c>form</c> (values that begin with @ are files), <c>urlencoded</c> fields or
/// <c>raw</c> content; <c>credential</c> stands for the administrator's token. With <c>YARD_REWRITE=1</c> in the environment the file is written anew instead.
/// </summary>
public sealed class WireScript
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Dictionary<long, string> _names = [];
    private readonly string _address;
    private readonly ServerUnderTest _server;

    private WireScript(ServerUnderTest server)
    {
        _server = server;
        _address = server.Address.ToString().TrimEnd('/');
    }

    private static string Folder([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.Join(Source(here), "Wire");

    /// <summary>Plays <c>Wire/NAME.json</c>.</summary>
    public static async Task Play(ServerUnderTest server, string name)
    {
        var file = Path.Join(Folder(), name + ".json");
        var steps = (JsonArray)JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        var script = new WireScript(server);
        var rewrite = Environment.GetEnvironmentVariable("YARD_REWRITE") == "1";
        foreach (var step in steps.OfType<JsonObject>())
        {
            var (status, answer) = await script.Take(step);
            if (rewrite)
                (step["status"], step["answer"]) = (status, answer.DeepClone());
            var where = $"{name}: {step["call"]}";
            Assert.True(status == step["status"]?.GetValue<int>(), $"{where} answered {status} {answer.ToJsonString(Readable)}");
            Assert.True(JsonNode.DeepEquals(answer, step["answer"]), $"{where}\nexpected {step["answer"]?.ToJsonString(Readable)}\nactual {answer.ToJsonString(Readable)}");
        }

        if (rewrite)
            await File.WriteAllTextAsync(file, steps.ToJsonString(Readable) + "\n");
    }

    private async Task<(int Status, JsonNode Answer)> Take(JsonObject step)
    {
        var call = WithIds(step["call"]!.GetValue<string>()).Split(' ', 2);
        var credential = step["credential"] is { } given ? given.GetValue<string>() is { Length: > 0 } text ? text : null : $"Bearer {_server.AdminToken}";
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (true)
        {
            using var body = Body(step);
            var answer = await _server.SendContent(call[0], call[1], body, credential);
            if (step["until"] is not { } until || answer.Json["state"]?["life_cycle_state"]?.GetValue<string>() == until.GetValue<string>())
                return ((int)answer.Status, Named(answer.IsJson ? answer.Json : JsonValue.Create(answer.Text), "")!);
            await Task.Delay(20, patience.Token);
        }
    }

    private HttpContent? Body(JsonObject step)
    {
        if (step["request"] is { } request)
            return new StringContent(WithIds(request.ToJsonString(Readable)), null, "application/json");
        if (step["raw"] is { } raw)
            return new StringContent(raw.GetValue<string>(), null, "application/octet-stream");
        if (step["urlencoded"] is { } fields)
            return new StringContent(WithIds(fields.GetValue<string>()), null, "application/x-www-form-urlencoded");
        if (step["form"] is not JsonObject form)
            return null;
        var parts = new MultipartFormDataContent();
        foreach (var (name, value) in form)
        {
            var text = value!.GetValue<string>();
            if (text.StartsWith('@'))
                parts.Add(new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(text[1..])), name, "file");
            else
                parts.Add(new StringContent(text), name);
        }

        return parts;
    }

    private JsonNode? Named(JsonNode? node, string field)
    {
        switch (node)
        {
            case JsonObject inner:
                return new JsonObject(inner.Select(pair => KeyValuePair.Create(pair.Key, Named(pair.Value, pair.Key))));
            case JsonArray list:
                return new JsonArray([.. list.Select(item => Named(item, field))]);
            case JsonValue value when value.TryGetValue(out long number):
                if (field.EndsWith("_duration", StringComparison.Ordinal))
                    return "<duration>";
                if (field == "handle")
                    return Name(number);
                if (number is > 1_500_000_000_000 and < 4_000_000_000_000)
                    return "<time>";
                return number >= 100_000_000_000_000 ? Name(number) : number;
            case JsonValue value when value.TryGetValue(out string? text):
                if (text.Length >= 15 && long.TryParse(text, out var id2))
                    return Name(id2);
                text = text.Replace(_address, "http://host", StringComparison.Ordinal);
                foreach (var (id, name) in _names)
                    text = text.Replace(id.ToString(), name, StringComparison.Ordinal);
                return text;
            default:
                return node?.DeepClone();
        }
    }

    private string Name(long id)
    {
        if (!_names.TryGetValue(id, out var name))
            _names[id] = name = $"<id{_names.Count + 1}>";
        return name;
    }

    private string WithIds(string text)
    {
        foreach (var (id, name) in _names)
            text = text.Replace($"\"{name}\"", id.ToString(), StringComparison.Ordinal).Replace(name, id.ToString(), StringComparison.Ordinal);
        return text;
    }

    private static string Source(string here)
    {
        if (Directory.Exists(Path.GetDirectoryName(here)))
            return Path.GetDirectoryName(here)!;
        // Deterministic builds hide where the sources were: look upwards from the built test.
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Directory.Exists(Path.Join(at.FullName, "tests", "Databricks.Tests", "Wire")))
                return Path.Join(at.FullName, "tests", "Databricks.Tests");
        }

        throw new DirectoryNotFoundException("tests/Databricks.Tests/Wire");
    }
}

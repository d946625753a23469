using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Switchyard.OpenPai.Tests;

/// <summary>
/// Plays a conversation kept as a readable file under <c>Wire/</c> and compares each answer with the one in the file.
/// <c>as</c> names who calls (admin if not said, <c>guest</c> without a credential), <c>form</c> stands for a form body.
/// Ids, times, tokens and keys become <c>&lt;id&gt;</c>, <c>&lt;time&gt;</c>, <c>&lt;token&gt;</c>, <c>&lt;key&gt;</c>. With
/// <c>YARD_REWRITE=1</c> in the environment the file is written anew instead.
/// </summary>
public sealed partial class WireScript
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Yard _yard;
    private readonly Dictionary<string, string> _tokens = [];

    private WireScript(Yard yard) => _yard = yard;

    /// <summary>Plays <c>Wire/NAME.json</c>.</summary>
    public static async Task Play(Yard yard, string name)
    {
        var file = Path.Join(Folder(), name + ".json");
        var steps = (JsonArray)JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        var script = new WireScript(yard);
        var rewrite = Environment.GetEnvironmentVariable("YARD_REWRITE") == "1";
        var wrong = new List<string>();
        foreach (var step in steps.OfType<JsonObject>())
        {
            var (status, answer) = await script.Take(step);
            if (rewrite)
                (step["status"], step["answer"]) = (status, answer?.DeepClone());
            else if (status != step["status"]?.GetValue<int>() || !JsonNode.DeepEquals(answer, step["answer"]))
                wrong.Add($"{step["call"]}\nexpected {step["status"]} {step["answer"]?.ToJsonString()}\nanswered {status} {answer?.ToJsonString()}");
        }

        if (rewrite)
            await File.WriteAllTextAsync(file, steps.ToJsonString(Readable) + "\n");
        Assert.True(wrong.Count == 0, $"{name}:\n{string.Join("\n\n", wrong)}");
    }

    private async Task<(int Status, JsonNode? Answer)> Take(JsonObject step)
    {
        var call = step["call"]!.GetValue<string>().Split(' ', 2);
        var form = step["form"]?.GetValue<string>();
        var body = form ?? (step["raw"] ?? step["request"]?.ToJsonString(Readable))?.ToString();
        if (step["until"]?.GetValue<string>() is { } state)
            await _yard.Until(call[1].Split('/')[^1], status => status["state"]!.GetValue<string>() == state && status["appLaunchedTime"] is not null, call[1].Split('/')[^3]);
        var answer = await _yard.Send(call[0], call[1], body, await Token(step["as"]?.GetValue<string>()), form is null ? "application/json" : "application/x-www-form-urlencoded");
        // A job shown at its submission may have gone on already: only its form is told.
        if (answer.Status == 201 && answer.Json["jobStatus"] is JsonObject job)
            return (201, new JsonObject { ["name"] = answer.Json["name"]?.DeepClone(), ["jobStatus"] = string.Join(' ', job.Select(pair => pair.Key)) });
        return (answer.Status, answer.Text.Length == 0 ? null : Named(answer.Text[0] is '{' or '[' ? answer.Json : JsonValue.Create(answer.Text)));
    }

    private async Task<string?> Token(string? who)
    {
        if (who is null or "guest")
            return who is null ? null : "";
        if (!_tokens.TryGetValue(who, out var token))
            _tokens[who] = token = await _yard.SignIn(who, $"password of {who}");
        return token;
    }

    private JsonNode? Named(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject inner:
                return new JsonObject(inner.Select(pair => KeyValuePair.Create(pair.Key, pair.Key == "token" ? "<token>" : Named(pair.Value))));
            case JsonArray list:
                return new JsonArray([.. list.Select(Named)]);
            case JsonValue value when value.TryGetValue(out long number) && number >= 1_500_000_000_000:
                return number < 4_000_000_000_000 ? "<time>" : "<id>";
            case JsonValue value when value.TryGetValue(out string? text):
                return PortText().IsMatch(text) ? "<port>" : Digits().Replace(Keys().Replace(text.Replace(_yard.Address.ToString().TrimEnd('/'), "http://host", StringComparison.Ordinal), "key=<key>"), "<id>").Replace(new string('_', 200), "____", StringComparison.Ordinal);
            default:
                return node?.DeepClone();
        }
    }

    private static string Folder()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Path.Join(at.FullName, "tests", "OpenPai.Tests", "Wire") is var folder && Directory.Exists(folder))
                return folder;
        }

        throw new DirectoryNotFoundException("tests/OpenPai.Tests/Wire");
    }

    [GeneratedRegex("[0-9]{15,}")]
    private static partial Regex Digits();

    [GeneratedRegex("key=[0-9a-f]{40}")]
    private static partial Regex Keys();

    [GeneratedRegex("^[23][0-9]{4}$")]
    private static partial Regex PortText();
}

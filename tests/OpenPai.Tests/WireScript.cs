using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Switchyard.OpenPai.Tests;

/// <summary>
/// Plays a conversation kept as a readable file under <c>Wire/</c> and compares each answer with the one in the file.
/// <c>as</c> names who calls (admin if not said, <c>guest</c> without a credential), <c>form</c> stands for a form body.
/// <c>credential</c> sends <c>Basic NAME:PASSWORD</c> or <c>Bearer TOKEN</c> instead, <c>type</c> another content type. <c>keep</c> names members of the
/// answer for later steps, which say <c>{name}</c>; <c>passing</c> those that the moment decides. Ids, times, tokens and keys become <c>&lt;id&gt;</c>, <c>&lt;time&gt;</c>, <c>&lt;token&gt;</c>, <c>&lt;key&gt;</c>. With
/// <c>YARD_REWRITE=1</c> in the environment the file is written anew instead.
/// </summary>
public sealed partial class WireScript
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Yard _yard;
    private readonly Dictionary<string, string> _tokens = [];
    private readonly Dictionary<string, string> _kept = [];

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
        var call = Filled(step["call"]!.GetValue<string>()).Split(' ', 2);
        var form = step["form"]?.GetValue<string>();
        var body = form ?? (step["raw"] ?? step["request"]?.ToJsonString(Readable))?.ToString();
        var type = step["type"]?.GetValue<string>() ?? (form is null ? "application/json" : "application/x-www-form-urlencoded");
        var token = step["credential"]?.GetValue<string>() is { } credential ? Credential(Filled(credential)) : await Token(step["as"]?.GetValue<string>());
        if (step["until"]?.GetValue<string>().Split('=') is [var member, var value])
            await Until(() => _yard.Send(call[0], call[1], body, token, type), member, value);
        else if (step["until"]?.GetValue<string>() is { } state)
            await _yard.Until(call[1].Split('/')[^1], status => status["state"]!.GetValue<string>() == state && status["appLaunchedTime"] is not null, call[1].Split('/')[^3]);
        var answer = await _yard.Send(call[0], call[1], body, token, type);
        foreach (var (name, path) in step["keep"] as JsonObject ?? [])
            _kept[name] = At(answer.Json, path!.GetValue<string>())!.ToString();
        var shown = answer.Text.Length == 0 ? null : Named(answer.Text[0] is '{' or '[' ? answer.Json : JsonValue.Create(answer.Text));
        foreach (var name in step["passing"] as JsonArray ?? [])
            shown![name!.GetValue<string>()] = "<passing>";
        // A job shown at its submission may have gone on already: only its form is told.
        if (answer.Status == 201 && answer.Json["jobStatus"] is JsonObject job)
            return (201, new JsonObject { ["name"] = answer.Json["name"]?.DeepClone(), ["jobStatus"] = string.Join(' ', job.Select(pair => pair.Key)) });
        return (answer.Status, shown);
    }

    private string Filled(string text) => _kept.Aggregate(text, (filled, kept) => filled.Replace($"{{{kept.Key}}}", kept.Value, StringComparison.Ordinal));

    private static string Credential(string text) => text.Split(' ', 2) is ["Basic", var pair] ? "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)) : text.Split(' ', 2)[1];

    private static JsonNode? At(JsonNode? node, string path) => path.Split('.').Aggregate(node, (at, part) => at is JsonArray list ? list[int.Parse(part)] : at?[part]);

    /// <summary>Makes a call until a member of the answer has a value.</summary>
    private static async Task Until(Func<Task<Answer>> call, string member, string value)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (At((await call()).Json, member)?.ToString() != value)
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, patience.Token);
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
                return new JsonObject(inner.Select(pair => KeyValuePair.Create(pair.Key, pair.Key is "token" or "key" ? $"<{pair.Key}>" : Named(pair.Value))));
            case JsonArray list:
                return new JsonArray([.. list.Select(Named)]);
            case JsonValue value when value.TryGetValue(out long number) && number >= 1_500_000_000_000:
                return number < 4_000_000_000_000 ? "<time>" : "<id>";
            case JsonValue value when value.TryGetValue(out string? text):
                return PortText().IsMatch(text) ? "<port>" : Instants().Replace(Digits().Replace(Keys().Replace(text.Replace(_yard.Address.ToString().TrimEnd('/'), "http://host", StringComparison.Ordinal), "key=<key>"), "<id>"), "<time>").Replace(new string('_', 200), "____", StringComparison.Ordinal);
            default:
                return node?.DeepClone();
        }
    }

    /// <summary>The folder of the tests that this is compiled into.</summary>
    private static string Folder()
    {
        var tests = typeof(WireScript).Assembly.GetName().Name!["Switchyard.".Length..];
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Path.Join(at.FullName, "tests", tests, "Wire") is var folder && Directory.Exists(folder))
                return folder;
        }

        throw new DirectoryNotFoundException($"tests/{tests}/Wire");
    }

    // A job's id in groups begins with zeros and is the same each time; a project's is not.
    [GeneratedRegex("[0-9]{15,}|(?!0000)[0-9]{4}(-[0-9]{4}){3}")]
    private static partial Regex Digits();

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+]00:00)")]
    private static partial Regex Instants();

    [GeneratedRegex("key=[0-9a-f]{40}")]
    private static partial Regex Keys();

    [GeneratedRegex("^[23][0-9]{4}$")]
    private static partial Regex PortText();
}

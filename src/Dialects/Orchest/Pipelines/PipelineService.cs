using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Switchyard.Dialects.Orchest.Pipelines;

/// <summary>A service of a pipeline: a process or a container that runs beside the steps of each run.</summary>
/// <param name="Image">A container image; <c>environment@UUID</c> or empty for a process of the machine's own.</param>
/// <param name="Command">The program; empty for what the image says.</param>
/// <param name="Arguments">Its words.</param>
/// <param name="Ports">Ports it listens on.</param>
/// <param name="Variables">Variables of its own.</param>
/// <param name="Inherited">Names of variables of the job that it gets too.</param>
/// <param name="Binds">What it sees of <c>/project-dir</c> and <c>/data</c>, and where.</param>
/// <param name="Prefix">What <c>$BASE_PATH_PREFIX</c> in its settings stands for, but for the run's UUID behind it.</param>
internal sealed partial record PipelineService(
    string Name,
    string Image,
    string Command,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<int> Ports,
    IReadOnlyDictionary<string, string> Variables,
    IReadOnlyList<string> Inherited,
    IReadOnlyDictionary<string, string> Binds,
    string Prefix)
{
    /// <summary>What stands in its settings for the path below which it is reached from outside.</summary>
    public const string PrefixMark = "$BASE_PATH_PREFIX";

    private const string FromEnvironment = "environment@";

    /// <summary>Ports that files of old versions left to the image (Orchest reference, migrations).</summary>
    private static readonly Dictionary<string, int> KnownPorts = new(StringComparer.Ordinal)
    {
        ["redis"] = 6379,
        ["postgres"] = 5432,
        ["mysql"] = 3306,
        ["mongo"] = 27017,
        ["memcached"] = 11211,
    };

    /// <summary>The environment whose programs it uses; empty for none.</summary>
    public string Environment => Image.StartsWith(FromEnvironment, StringComparison.Ordinal) ? Image[FromEnvironment.Length..] : "";

    /// <summary>Whether it wants a container.</summary>
    public bool InContainer => Image.Length > 0 && Environment.Length == 0;

    /// <summary>
    /// Brings the services of a file to the current version: names in small letters, <c>entrypoint</c> and <c>command</c> as
    /// <c>command</c> and <c>args</c>, ports that the image is known for.
    /// </summary>
    public static JsonObject Current(JsonObject services)
    {
        var current = new JsonObject();
        foreach (var (key, value) in services)
        {
            var name = key.ToLowerInvariant();
            current[name] = value?.DeepClone();
            if (current[name] is not JsonObject service)
                continue;
            service["name"] = Text(service["name"])?.ToLowerInvariant() is { } own ? own : service["name"]?.DeepClone() ?? name;
            if (service.ContainsKey("entrypoint") || (!service.ContainsKey("args") && Text(service["command"])?.Contains(' ') == true))
            {
                service["args"] = service["command"]?.DeepClone() ?? "";
                service["command"] = service["entrypoint"]?.DeepClone() ?? "";
                service.Remove("entrypoint");
            }

            if (!service.ContainsKey("ports") && KnownPorts.TryGetValue(ImageName(Text(service["image"]) ?? ""), out var port))
                service["ports"] = new JsonArray(JsonValue.Create(port));
            service["preserve_base_path"] ??= false;
            service["exposed"] ??= false;
        }

        return current;
    }

    /// <summary>Reads a service of the current version; null with what is wrong, and with which member.</summary>
    public static PipelineService? Read(string key, JsonObject service, out (string Member, string Why) problem)
    {
        problem = default;
        string? Word(string member, string? missing = "") => service[member] is null ? missing : Text(service[member]);
        if (Word("name", null) is not { } name || name != key || !NamePattern().IsMatch(name))
            problem = ("name", "the key it stands under is expected, of at most 26 small letters, digits and '-', the first a letter");
        else if (Word("image") is null || Word("command") is null || Word("args") is null)
            problem = (new[] { "image", "command", "args" }.First(member => Word(member) is null), "a text is expected");
        else if (Words(Word("args")!) is null)
            problem = ("args", "a quotation mark is not closed");
        else if (service["ports"] is not (null or JsonArray) || Numbers(service["ports"]) is null)
            problem = ("ports", "a list of whole numbers from 1 to 65535 is expected");
        else if (service["env_variables"] is not (null or JsonObject) || Texts(service["env_variables"]) is not { } variables || variables.Any(variable => !VariablePattern().IsMatch(variable.Key)))
            problem = ("env_variables", "an object of texts is expected, under names of letters, digits, '_' and '-'");
        else if (service["binds"] is not (null or JsonObject) || Texts(service["binds"]) is not { } binds || binds.Any(bind => bind.Key is not ("/data" or "/project-dir") || !bind.Value.StartsWith('/')))
            problem = ("binds", "an object is expected that has absolute paths under /data and /project-dir, and no other members");
        else if (service["env_variables_inherit"] is not null && (service["env_variables_inherit"] is not JsonArray names || names.Any(one => Text(one) is null)))
            problem = ("env_variables_inherit", "a list of names is expected");
        if (problem.Member is not null)
            return null;
        var made = new PipelineService(
            key, Word("image")!, Word("command")!, Words(Word("args")!)!, Numbers(service["ports"])!, Texts(service["env_variables"])!,
            [.. (service["env_variables_inherit"] as JsonArray ?? []).Select(one => Text(one)!)], Texts(service["binds"])!,
            (service["preserve_base_path"] is JsonValue keep && keep.TryGetValue(out bool kept) && kept ? "pbp-service-" : "service-") + key + "-");
        if (!made.InContainer && made.Command.Length == 0)
            problem = ("command", "a service without a container image needs a command");
        else if (!made.InContainer && made.Binds.FirstOrDefault(bind => bind.Key != bind.Value) is { Key: not null } elsewhere)
            problem = ("binds", $"a service without a container image sees {elsewhere.Key} as {elsewhere.Key}, not as {elsewhere.Value}");
        return problem.Member is null ? made : null;
    }

    /// <summary>Whether jobs start it.</summary>
    public static bool IsForJobs(JsonObject service) =>
        service["scope"] is not JsonArray scope || scope.Any(one => Text(one) == "noninteractive");

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) && !text.Contains('\0', StringComparison.Ordinal) ? text : null;

    private static Dictionary<string, string>? Texts(JsonNode? node)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in node as JsonObject ?? [])
        {
            if (Text(value) is not { } text)
                return null;
            found[name] = text;
        }

        return found;
    }

    private static List<int>? Numbers(JsonNode? node)
    {
        var found = new List<int>();
        foreach (var one in node as JsonArray ?? [])
        {
            if (one is not JsonValue value || !value.TryGetValue(out long port) || port is < 1 or > 65535)
                return null;
            if (!found.Contains((int)port))
                found.Add((int)port);
        }

        return found;
    }

    /// <summary>The words of a command line as Python's shlex splits them; null when a quotation mark is not closed.</summary>
    private static List<string>? Words(string line)
    {
        var (words, word, quote, begun) = (new List<string>(), new StringBuilder(), '\0', false);
        for (var at = 0; at < line.Length; at++)
        {
            var sign = line[at];
            if (quote == '\0' && char.IsWhiteSpace(sign))
            {
                if (begun)
                    words.Add(word.ToString());
                word.Clear();
                begun = false;
                continue;
            }

            begun = true;
            if (sign == quote)
                quote = '\0';
            else if (quote == '\0' && sign is '\'' or '"' && quote == '\0')
                quote = sign;
            else if (sign == '\\' && quote != '\'' && at + 1 < line.Length && (quote == '\0' || line[at + 1] is '"' or '\\'))
                word.Append(line[++at]);
            else
                word.Append(sign);
        }

        if (quote != '\0')
            return null;
        if (begun)
            words.Add(word.ToString());
        return words;
    }

    /// <summary>The last part of an image's name, without tag and digest.</summary>
    private static string ImageName(string image)
    {
        var last = image.Split('@')[0].Split('/')[^1];
        return last.Split(':')[0];
    }

    [GeneratedRegex(@"^[a-z][0-9a-z\-]{0,25}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^[0-9A-Za-z_\-]+\z")]
    private static partial Regex VariablePattern();
}

using System.Text.Json;
using Switchyard.Core.Text;

namespace Switchyard.Server.Configuration;

/// <summary>Settings put together from the file, the environment and the flags, each overruling what comes before it.</summary>
public static class SettingsReader
{
    /// <summary>The file's name in the data directory.</summary>
    public const string FileName = "switchyard.json";

    /// <summary>Variables of ours that are not settings of a server.</summary>
    private static readonly HashSet<string> OtherVariables = ["YARD_SERVER", "YARD_TOKEN", "YARD_CONFIG"];

    /// <summary>Reads all three. Findings name what could not be used; an error means that no server should start with it.</summary>
    /// <param name="environment">The process's environment.</param>
    /// <param name="flags">Flags by setting name (<c>node_dir</c>).</param>
    /// <param name="file">The configuration file, or null for the one in the data directory if there is one.</param>
    public static (YardSettings Settings, IReadOnlyList<Finding> Findings) Read(
        IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> flags, string? file)
    {
        var findings = new List<Finding>();
        var settings = new YardSettings();
        // The data directory first: it says where the file is.
        settings = Take(settings, findings, "data", environment.GetValueOrDefault("YARD_DATA"), "YARD_DATA");
        settings = Take(settings, findings, "data", flags.GetValueOrDefault("data"), "--data");
        file ??= environment.GetValueOrDefault("YARD_CONFIG");
        foreach (var (name, text) in ReadFile(file ?? Path.Combine(settings.Data, FileName), file is not null, findings))
            settings = Take(settings, findings, name, text, name);
        foreach (var row in SettingTable.Rows.Where(row => row.Name != "data"))
        {
            settings = Take(settings, findings, row.Name, environment.GetValueOrDefault(row.Variable), row.Variable);
            settings = Take(settings, findings, row.Name, flags.GetValueOrDefault(row.Name), "--" + row.Name.Replace('_', '-'));
        }

        foreach (var variable in environment.Keys.Where(IsUnknown).Order(StringComparer.Ordinal))
        {
            findings.Add(new(false, variable, "no setting is called so",
                Nearest.To(variable, SettingTable.Rows.Select(row => row.Variable)) is { } near ? $"Did you mean {near}?" : "Remove it"));
        }

        return (settings, findings);
    }

    private static bool IsUnknown(string variable) =>
        variable.StartsWith("YARD_", StringComparison.Ordinal)
        && !OtherVariables.Contains(variable)
        && !SettingTable.Rows.Any(row => row.Variable == variable);

    private static YardSettings Take(YardSettings settings, List<Finding> findings, string name, string? text, string place)
    {
        if (text is null)
            return settings;
        var row = SettingTable.Rows.First(row => row.Name == name);
        var (taken, remedy) = row.Read(settings, text);
        if (taken is null)
            findings.Add(new(true, place, name.StartsWith("admin_", StringComparison.Ordinal) ? "the value is not acceptable" : $"'{text}' is not acceptable", remedy));
        return taken ?? settings;
    }

    private static List<(string Name, string Text)> ReadFile(string path, bool demanded, List<Finding> findings)
    {
        var values = new List<(string, string)>();
        if (!File.Exists(path))
        {
            if (demanded)
                findings.Add(new(true, path, "there is no such file", "Check --config or YARD_CONFIG"));
            return values;
        }

        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(path),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new JsonException("the file holds no JSON object");
            foreach (var member in document.RootElement.EnumerateObject())
                ReadMember(path, member, values, findings);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            findings.Add(new(true, path, error.Message.TrimEnd('.'), "Mend the file; it holds one JSON object with the settings of docs/configuration.md"));
        }

        return values;
    }

    private static void ReadMember(string path, JsonProperty member, List<(string, string)> values, List<Finding> findings)
    {
        var row = SettingTable.Rows.FirstOrDefault(row => row.Name == member.Name);
        if (row is null or { InFile: false })
        {
            findings.Add(new(true, path, row is null ? $"no setting is called '{member.Name}'" : $"'{member.Name}' may not stand in the file",
                row is not null ? $"Use the environment variable {row.Variable}"
                : Nearest.To(member.Name, SettingTable.Rows.Select(r => r.Name)) is { } near ? $"Did you mean '{near}'?" : "Remove it"));
            return;
        }

        var text = member.Value.ValueKind switch
        {
            JsonValueKind.String => member.Value.GetString()!,
            JsonValueKind.Number => member.Value.GetRawText(),
            JsonValueKind.Array when member.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
                string.Join(';', member.Value.EnumerateArray().Select(item => item.GetString())),
            _ => null,
        };
        if (text is null)
            findings.Add(new(true, path, $"'{member.Name}' is {member.Value.GetRawText()}", "Write a text or a number"));
        else
            values.Add((member.Name, text));
    }
}

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
        var data = SettingTable.Find("data")!;
        settings = Take(settings, findings, data, environment.GetValueOrDefault(data.Variable), data.Variable);
        settings = Take(settings, findings, data, flags.GetValueOrDefault(data.Name), "--data");
        file ??= environment.GetValueOrDefault("YARD_CONFIG");
        foreach (var (row, place, text) in ReadFile(file ?? Path.Combine(settings.Data, FileName), file is not null, findings))
            settings = Take(settings, findings, row, text, place);
        foreach (var variable in environment.Keys.Where(name => SettingTable.SectionOf(name) is not null).Order(StringComparer.Ordinal))
        {
            if (SettingTable.Find(variable) is { } row)
                settings = Take(settings, findings, row, environment[variable], variable);
        }

        foreach (var row in SettingTable.Rows.Where(row => row != data))
        {
            settings = Take(settings, findings, row, environment.GetValueOrDefault(row.Variable), row.Variable);
            settings = Take(settings, findings, row, flags.GetValueOrDefault(row.Name), "--" + row.Name.Replace('_', '-'));
        }

        foreach (var variable in environment.Keys.Where(IsUnknown).Order(StringComparer.Ordinal))
        {
            findings.Add(new(false, variable, "no setting is called so",
                Nearest.To(variable, SettingTable.Rows.Select(row => row.Variable)) is { } near ? $"Did you mean {near}?" : "Remove it"));
        }

        return (OldCluster.Take(settings, findings), findings);
    }

    private static bool IsUnknown(string variable) =>
        SettingTable.SectionOf(variable) is not null
            ? SettingTable.Find(variable) is null
            : variable.StartsWith("YARD_", StringComparison.Ordinal) && !OtherVariables.Contains(variable) && !SettingTable.Rows.Any(row => row.Variable == variable);

    private static YardSettings Take(YardSettings settings, List<Finding> findings, SettingRow row, string? text, string place)
    {
        if (text is null)
            return settings;
        var (taken, remedy) = row.Read(settings, text);
        if (taken is null)
            findings.Add(new(true, place, row.Secret ? "the value is not acceptable" : $"'{text}' is not acceptable", remedy));
        return taken ?? settings;
    }

    private static List<(SettingRow Row, string Place, string Text)> ReadFile(string path, bool demanded, List<Finding> findings)
    {
        var values = new List<(SettingRow Row, string Place, string Text)>();
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
            {
                if (!SettingTable.IsSection(member.Name) || member.Value.ValueKind != JsonValueKind.Object)
                {
                    ReadMember(path, member.Name, member.Value, values, findings);
                    continue;
                }

                foreach (var inner in member.Value.EnumerateObject())
                    ReadMember(path, $"{member.Name}:{inner.Name}", inner.Value, values, findings);
            }
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            findings.Add(new(true, path, error.Message.TrimEnd('.'), "Mend the file; it holds one JSON object with the settings of docs/configuration.md"));
        }

        return values;
    }

    private static void ReadMember(string path, string name, JsonElement value, List<(SettingRow Row, string Place, string Text)> values, List<Finding> findings)
    {
        var row = SettingTable.Find(name);
        if (row is null or { InFile: false })
        {
            findings.Add(new(true, path, row is null ? $"no setting is called '{name}'" : $"'{name}' may not stand in the file",
                row is not null ? $"Use the environment variable {row.Variable}"
                : Nearest.To(name, SettingTable.Rows.Select(r => r.Name)) is { } near ? $"Did you mean '{near}'?" : "Remove it"));
            return;
        }

        if (values.Exists(known => known.Row == row))
        {
            findings.Add(new(true, path, $"'{row.Name}' is given twice, the second time as '{name}'", "Leave one"));
            return;
        }

        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
                string.Join(';', value.EnumerateArray().Select(item => item.GetString())),
            _ => null,
        };
        if (row.Secret && OthersCanRead(path) && (text is null || row.Holds(text)))
            findings.Add(new(true, path, $"'{name}' stands in it, and others can read it", $"Run: chmod 600 {path}"));
        else if (text is null)
            findings.Add(new(true, path, row.Secret ? $"'{name}' is no text" : $"'{name}' is {value.GetRawText()}", "Write a text or a number"));
        else
            values.Add((row, name, text));
    }

    /// <summary>Whether more than a file's owner can read it.</summary>
    internal static bool OthersCanRead(string path) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0;
}

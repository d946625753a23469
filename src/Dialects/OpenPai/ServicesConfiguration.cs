using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Core.Text;
using Switchyard.Dialects.OpenPai.Import;

namespace Switchyard.Dialects.OpenPai;

/// <summary>What the services-configuration.yaml of an old cluster says of its REST server; all else in it is ignored.</summary>
/// <param name="Port">Where it listened.</param>
/// <param name="JwtSecret">The key of its tokens, if one is set.</param>
public sealed record ServicesConfiguration(int Port, string? JwtSecret)
{
    /// <summary>Where it listens when the file says nothing.</summary>
    public const int DefaultPort = 9186;

    /// <summary>The key it has when nobody set one.</summary>
    public const string DefaultSecret = "pai-secret";

    /// <summary>Reads a file.</summary>
    public static Result<ServicesConfiguration> Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Bad(File.Exists(path) ? $"it cannot be read ({error.Message.TrimEnd('.')})" : "there is no such file");
        }

        if (!FileText.Yaml(text).Ok(out var root, out var refusal))
            return refusal;
        if (root is not JsonObject services)
            return Bad("it holds no sections");
        // The section's name lost and gained a hyphen between versions.
        if ((services["rest-server"] ?? services["restserver"] ?? new JsonObject()) is not JsonObject section)
            return Bad("its rest-server is no section");
        if (section["server-port"] is not { } port)
            return new ServicesConfiguration(DefaultPort, Text(section["jwt-secret"]));
        return int.TryParse(Text(port), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65_535
            ? new ServicesConfiguration(number, Text(section["jwt-secret"]))
            : Bad($"its rest-server.server-port is '{Text(port) ?? "no number"}', and a port is a number from 1 to 65535");
    }

    private static string? Text(JsonNode? value) => value is JsonValue ? value.ToString() : null;

    private static Refusal Bad(string problem) => new(RefusalCode.Invalid, problem);
}

namespace Switchyard.Core.Projects;

/// <summary>Names as they stand in addresses: lower-case letters, digits and dashes.</summary>
public static class Slug
{
    /// <summary>The most characters a slug has.</summary>
    public const int Longest = 100;

    /// <summary>The slug of a name (<c>Risk Analysis</c> becomes <c>risk-analysis</c>); empty when nothing of the name can stand in one.</summary>
    public static string Of(string name)
    {
        var text = new System.Text.StringBuilder();
        foreach (var c in name.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c))
                text.Append(c);
            else if (text.Length > 0 && text[^1] != '-')
                text.Append('-');
        }

        if (text.Length > Longest)
            text.Length = Longest;
        return text.ToString().TrimEnd('-');
    }

    /// <summary>Whether a text is one.</summary>
    public static bool IsSlug(string? text) =>
        text is { Length: > 0 and <= Longest } && text[0] != '-' && text[^1] != '-' && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}

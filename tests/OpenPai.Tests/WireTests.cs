namespace Switchyard.OpenPai.Tests;

/// <summary>Whole conversations: every call with every status, code and text, in both wordings.</summary>
public sealed class WireTests
{
    [Theory]
    [InlineData("Document", "users")]
    [InlineData("Document", "virtual-clusters")]
    [InlineData("Document", "jobs")]
    [InlineData("Document", "validation")]
    [InlineData("Server", "server-users")]
    [InlineData("Server", "server-virtual-clusters")]
    [InlineData("Server", "server-jobs")]
    public async Task A_conversation_goes_as_written(string compatibility, string name)
    {
        await using var yard = await Yard.Start(("OPENPAI_COMPATIBILITY", compatibility));
        await WireScript.Play(yard, name);
    }
}

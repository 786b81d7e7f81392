package emssync.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import io.temporal.api.common.v1.Payload;
import io.temporal.common.converter.DataConverter;
import io.temporal.common.converter.DataConverterException;
import io.temporal.common.converter.DefaultDataConverter;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class EncryptionCodecTest {

  private static final String OLD = "old:" + base64((byte) 1);
  private static final String NEW = "new:" + base64((byte) 2);

  private static String base64(byte value) {
    byte[] key = new byte[32];
    java.util.Arrays.fill(key, value);
    return Base64.getEncoder().encodeToString(key);
  }

  private static Payload payload(String value) {
    return DefaultDataConverter.STANDARD_INSTANCE.toPayload(value).orElseThrow();
  }

  private static Payload only(List<Payload> payloads) {
    assertEquals(1, payloads.size());
    return payloads.get(0);
  }

  @Test
  void hidesAValueAndReadsItBack() {
    Payload encoded = only(EncryptionCodec.of(NEW).encode(List.of(payload("TAGSERVER"))));
    assertFalse(encoded.toByteString().toString(java.nio.charset.StandardCharsets.ISO_8859_1).contains("TAGSERVER"));
    assertEquals(payload("TAGSERVER"), only(EncryptionCodec.of(NEW).decode(List.of(encoded))));
  }

  /** Encoded by settings/payload-codec.ts; test/settings/payload-codec.test.ts reads the same one. */
  @Test
  void readsWhatTheWorkersEncode() {
    Payload encoded =
        Payload.newBuilder()
            .putMetadata("encoding", ByteString.copyFromUtf8("binary/encrypted"))
            .putMetadata("encryption-key-id", ByteString.copyFromUtf8("new"))
            .setData(ByteString.copyFrom(Base64.getDecoder().decode("9GgyJBy967xI6pikd1IsYLuLWI/xztMbxRAzz0Ar7xTdEAXPTNEuoh7kxZmn+Lkp36nZzdkfiGCXGyrL8o2c")))
            .build();
    Payload decoded = only(EncryptionCodec.of(NEW).decode(List.of(encoded)));
    assertEquals("\"IN_SYNC\"", decoded.getData().toStringUtf8());
  }

  @Test
  void readsPayloadsOfEveryListedKeyAndOfNoOther() {
    Payload old = only(EncryptionCodec.of(OLD).encode(List.of(payload("x"))));
    assertEquals(payload("x"), only(EncryptionCodec.of(NEW + "," + OLD).decode(List.of(old))));
    EncryptionCodec without = EncryptionCodec.of(NEW);
    assertThrows(DataConverterException.class, () -> without.decode(List.of(old)));
    assertEquals(payload("x"), only(without.decode(List.of(payload("x")))));
  }

  @Test
  void refusesAChangedPayload() {
    EncryptionCodec codec = EncryptionCodec.of(NEW);
    Payload good = only(codec.encode(List.of(payload("x"))));
    byte[] bytes = good.getData().toByteArray();
    bytes[bytes.length - 1] ^= 1;
    Payload changed = good.toBuilder().setData(ByteString.copyFrom(bytes)).build();
    assertThrows(DataConverterException.class, () -> codec.decode(List.of(changed)));
  }

  @Test
  void hidesTheTextOfFailures() {
    DataConverter converter = EncryptionCodec.dataConverter(NEW);
    assertFalse(converter.exceptionToFailure(new IllegalStateException("bib 12 is taken")).toString().contains("bib 12"));
  }

  @Test
  void refusesKeysOfAnotherForm() {
    for (String text : List.of("", "x", "a:short", NEW + "," + NEW, NEW + ",", "a b:" + base64((byte) 3))) {
      assertThrows(EmsSyncException.BadArgument.class, () -> EmsSyncOptions.builder().codecKey(text).build());
    }
  }
}
